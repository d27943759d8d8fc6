import Glibc

/// The clocks that figures are made of.
enum Clock {
    /// Nanoseconds of a clock that never goes back; the same for every process of the machine.
    static var nanoseconds: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Nanoseconds of processor time that this process has used.
    static var ownProcessor: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Nanoseconds of processor time, user and system, that another process has used: fields 14 and 15 of its
    /// `stat`, in steps of 10 ms. 0 when it is gone.
    static func processor(of pid: Int32) -> UInt64 {
        let line = smallFile("/proc/\(pid)/stat")
        // The name before the last bracket may hold anything.
        guard let close = line.lastIndex(of: ")") else { return 0 }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count > 12, let user = UInt64(fields[11]), let system = UInt64(fields[12]) else { return 0 }
        return (user + system) * (1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
    }

    /// The machine's load averages over 1, 5 and 15 minutes, as the kernel says them.
    static var load: String {
        smallFile("/proc/loadavg").split(separator: " ").prefix(3).joined(separator: " ")
    }
}

/// A small file as text; empty when it can't be read.
func smallFile(_ path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { _ = close(descriptor) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = unsafe read(descriptor, &buffer, buffer.count)
        if count <= 0 { return String(decoding: all, as: UTF8.self) }
        all += buffer[..<count]
    }
}

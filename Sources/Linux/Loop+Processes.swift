import CLinux
import Glibc
import Seams

extension Loop: Processes {
    package func spawn(_ request: SpawnRequest) throws(SystemError) -> any ProcessHandle {
        precondition(request.descriptors.count <= 16, "\(request.descriptors.count) descriptors, the bound is 16")
        let arguments = CStrings(request.arguments)
        let environment = CStrings(request.environment)
        let program = CStrings([request.program, request.directory ?? ""])
        var pidfd: Int32 = -1
        var step: Int32 = 0
        let theirs = request.descriptors.map(\.child)
        let ours = request.descriptors.map(\.ours)
        let pid = unsafe theirs.withUnsafeBufferPointer { theirs in
            unsafe ours.withUnsafeBufferPointer { ours in
                var raw = unsafe CLinux.cl_spawn_arguments()
                unsafe raw.program = UnsafePointer(program.base[0])
                unsafe raw.argv = UnsafePointer(arguments.base)
                unsafe raw.envp = UnsafePointer(environment.base)
                unsafe raw.directory = request.directory == nil ? nil : UnsafePointer(program.base[1])
                unsafe raw.child_fds = theirs.baseAddress
                unsafe raw.our_fds = ours.baseAddress
                unsafe raw.fd_count = Int32(theirs.count)
                unsafe raw.dies_with_parent = request.diesWithParent
                return unsafe cl_spawn(&raw, &pidfd, &step)
            }
        }
        guard pid > 0 else {
            let steps = [
                "start", "start", "open a session for", "pass descriptors to", "enter the directory of", "execute",
            ]
            throw SystemError(steps[Int(step)], request.program, code: pid)
        }
        do throws(SystemError) {
            return try LinuxProcess(self, pid: pid, pidfd: pidfd, startTime: Self.startTime(pid) ?? 0)
        } catch {
            // A child that can't be watched must not run. Its number is its own until it is waited for.
            var ignored: Int32 = 0
            Glibc.kill(pid, SIGKILL)
            while unsafe waitpid(pid, &ignored, 0) < 0 && errno == EINTR {}
            throw error
        }
    }

    package func adopt(pid: Int32, startTime: UInt64?) throws(SystemError) -> any ProcessHandle {
        let pidfd = cl_pidfd_open(pid)
        guard pidfd >= 0 else { throw SystemError("find process", "\(pid)", code: pidfd) }
        // Read after the pidfd is open: what is read is about the process that the pidfd holds.
        guard let found = Self.startTime(pid), startTime == nil || startTime == found else {
            Glibc.close(pidfd)
            throw SystemError("find process", "\(pid)", code: ESRCH)
        }
        return try LinuxProcess(self, pid: pid, pidfd: pidfd, startTime: found)
    }

    package func children(of pid: Int32) -> [Int32] {
        readSmall("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { Int32($0) }
    }

    /// Field 22 of `/proc/PID/stat`; the name before it may hold spaces and brackets.
    static func startTime(_ pid: Int32) -> UInt64? {
        let line = readSmall("/proc/\(pid)/stat")
        guard let close = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: close)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }

    package func openPipe() throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [0, 0]
        guard unsafe cl_pipe(&ends) == 0 else { throw SystemError("open a pipe", code: errno) }
        return (ends[0], ends[1])
    }

    package func openFile(_ path: String, append: Bool) throws(SystemError) -> Descriptor {
        let flags = append ? O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC
        let descriptor = unsafe Glibc.open(path, flags, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
        return descriptor
    }

    package func closeDescriptor(_ descriptor: Descriptor) {
        _ = Glibc.close(descriptor)
    }

    package func stream(_ descriptor: Descriptor) throws(SystemError) -> any Connection {
        let code = cl_set_nonblocking(descriptor)
        guard code == 0 else {
            closeDescriptor(descriptor)
            throw SystemError("prepare a stream", code: code)
        }
        let name = SocketAddress.unix(path: "descriptor \(descriptor)")
        return try Stream(self, descriptor, peer: name)
    }
}

/// A null-terminated array of C strings, for as long as it lives.
@safe
final class CStrings {
    /// `count + 1` pointers, the last null.
    let base: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int
    init(_ strings: [String]) {
        count = strings.count
        unsafe base = .allocate(capacity: count + 1)
        for (place, each) in strings.enumerated() { unsafe base[place] = strdup(each) }
        unsafe base[count] = nil
    }
    deinit {
        for place in 0..<count { unsafe free(base[place]) }
        unsafe base.deallocate()
    }
}

/// A small file of the kernel's, as text; empty when it can't be read.
func readSmall(_ path: String) -> String {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { _ = close(descriptor) }
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe read(descriptor, &buffer, buffer.count)
        if count <= 0 { return String(decoding: all, as: UTF8.self) }
        all += buffer[..<count]
    }
}

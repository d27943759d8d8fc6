import Glibc

/// Files of the kernel's and of ours that are read and written whole; at most `most` bytes. Never a value.
enum SmallFile {
    /// A mount table of tens of thousands of lines fits.
    static let most = 8 << 20

    /// The bytes of the file at `path`; `nil`: it cannot be read or is too large.
    static func bytes(_ path: String) -> [UInt8]? {
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = unsafe read(file, &chunk, chunk.count)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0, all.count + got <= most else { return nil }
            if got == 0 { return all }
            all += chunk[..<got]
        }
    }

    static func text(_ path: String) -> String? {
        bytes(path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Replaces the file at `path` as a whole: a crash leaves the old one or the new one.
    static func replace(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws(RunnerError) {
        let temporary = "\(path).new"
        let file = unsafe Glibc.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw .system("make \(temporary)", errno) }
        var done = 0
        while done < bytes.count {
            let put = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress! + done, bytes.count - done) }
            if put < 0 && errno == EINTR { continue }
            guard put > 0 else {
                let code = errno
                close(file)
                throw .system("write \(temporary)", code)
            }
            done += put
        }
        fchmod(file, mode)
        close(file)
        guard unsafe rename(temporary, path) == 0 else { throw .system("rename \(path)", errno) }
    }
}

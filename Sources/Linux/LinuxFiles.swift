import Bytes
import CLinux
import Glibc
import Seams

/// Files by path on the host.
package final class LinuxFiles: Files {
    package init() {}

    private func check(_ result: Int32, _ operation: String, _ path: String) throws(SystemError) {
        guard result == 0 else { throw SystemError(operation, path, code: errno) }
    }

    package func read(_ path: String, limit: Int) throws(SystemError) -> Bytes {
        let file = try LinuxFile(path, O_RDONLY)
        // One byte more than allowed, so that a longer file shows itself; kernel files have no size to ask.
        let content = try file.read(at: 0, count: limit + 1)
        guard content.count <= limit else { throw SystemError("read", path, code: EFBIG) }
        return content
    }

    package func replace(_ path: String, with content: Bytes, mode: UInt32) throws(SystemError) {
        // Two writers of one path, threads or processes, must not write into one file.
        let temporary = path + ".new-" + String(UInt64.random(in: 0 ... .max), radix: 36)
        let file = try LinuxFile(temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
        do throws(SystemError) {
            try file.write([content], at: 0)
            try check(fchmod(file.descriptor, mode), "set the mode of", temporary)
            try check(fsync(file.descriptor), "synchronise", temporary)
            try rename(temporary, to: path)
        } catch {
            _ = try? remove(temporary)
            throw error
        }
        try syncDirectory(parent(path))
    }

    package func createSecret(_ path: String, _ content: SecretBox, mode: UInt32, uid: UInt32, gid: UInt32)
        throws(SystemError)
    {
        let file = try LinuxFile(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
        try unsafe content.borrow { (bytes) throws(SystemError) in try unsafe file.write(bytes, at: 0) }
        try check(fchown(file.descriptor, uid, gid), "set the owner of", path)
        try check(fchmod(file.descriptor, mode), "set the mode of", path)
    }

    package func wipe(_ path: String) throws(SystemError) {
        let file = try LinuxFile(path, O_RDWR | O_NOFOLLOW)
        var left = try file.size()
        var offset: UInt64 = 0
        let zeros = Bytes([UInt8](repeating: 0, count: 65_536))
        while left > 0 {
            let count = min(left, 65_536)
            try file.write([zeros.slice(0..<Int(count))], at: offset)
            offset += count
            left -= count
        }
        try remove(path)
    }

    package func makeDirectory(_ path: String, mode: UInt32) throws(SystemError) {
        try check(unsafe mkdir(path, 0o700), "make the directory", path)
        try setMode(path, mode)
    }

    package func list(_ path: String) throws(SystemError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw SystemError("list", path, code: errno) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe String(cString: cl_entry_name(entry))
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package func status(_ path: String) throws(SystemError) -> FileStatus? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SystemError("inspect", path, code: errno)
        }
        let kind: FileStatus.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFSOCK: .socket
            default: .other
            }
        return FileStatus(
            kind: kind, mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid,
            size: UInt64(status.st_size))
    }

    @discardableResult
    package func remove(_ path: String) throws(SystemError) -> Bool {
        guard let found = try status(path) else { return false }
        try check(found.kind == .directory ? unsafe rmdir(path) : unsafe unlink(path), "remove", path)
        return true
    }

    package func removeTree(_ path: String) throws(SystemError) {
        var top = stat()
        guard unsafe lstat(path, &top) == 0 else { return }
        try removeTree(path, device: UInt64(top.st_dev))
    }

    private func removeTree(_ path: String, device: UInt64) throws(SystemError) {
        var found = stat()
        try check(unsafe lstat(path, &found), "inspect", path)
        guard UInt64(found.st_dev) == device else { throw SystemError("remove", path, code: EXDEV) }
        if found.st_mode & S_IFMT == S_IFDIR {
            for name in try list(path) { try removeTree(path + "/" + name, device: device) }
        }
        try remove(path)
    }

    package func rename(_ from: String, to: String) throws(SystemError) {
        try check(unsafe Glibc.rename(from, to), "rename", from)
    }

    func setMode(_ path: String, _ mode: UInt32) throws(SystemError) {
        try check(unsafe fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW), "set the mode of", path)
    }

    package func syncDirectory(_ path: String) throws(SystemError) {
        let directory = try LinuxFile(path, O_RDONLY | O_DIRECTORY)
        try check(fsync(directory.descriptor), "synchronise", path)
    }

    package func open(_ path: String, create: Bool) throws(SystemError) -> any OpenFile {
        try LinuxFile(path, O_RDWR | O_NOFOLLOW | (create ? O_CREAT : 0))
    }

    package func lock(_ path: String) throws(SystemError) -> any FileLock {
        let file = try LinuxFile(path, O_RDWR | O_CREAT | O_NOFOLLOW)
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            let owner = (try? file.read(at: 0, count: 32).text) ?? ""
            throw SystemError("lock", path, code: code, detail: "held by process \(owner)")
        }
        try file.truncate(0)
        try file.write([Bytes(utf8: "\(getpid())")], at: 0)
        return LinuxLock(file)
    }

    private func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// A file by its descriptor. Used by one thread at a time, which is the owner's promise.
final class LinuxFile: OpenFile, @unchecked Sendable {
    private(set) var descriptor: Int32
    private let path: String

    init(_ path: String, _ flags: Int32) throws(SystemError) {
        self.path = path
        descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    func size() throws(SystemError) -> UInt64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw SystemError("inspect", path, code: errno) }
        return UInt64(status.st_size)
    }

    func read(at offset: UInt64, count: Int) throws(SystemError) -> Bytes {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(count, 1 << 20))
        // What was read may be a key. The caller wipes what it is given, and knows nothing of this.
        defer { Bytes(buffer).wipe() }
        while all.count < count {
            let wanted = min(buffer.count, count - all.count)
            let got = unsafe pread(descriptor, &buffer, wanted, off_t(offset) + off_t(all.count))
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw SystemError("read", path, code: errno) }
            if got == 0 { break }
            all += buffer[..<got]
        }
        return Bytes(all)
    }

    func write(_ pieces: [Bytes], at offset: UInt64) throws(SystemError) {
        var place = offset
        for piece in pieces {
            try unsafe piece.withUnsafeBytes { (bytes) throws(SystemError) in try unsafe write(bytes, at: place) }
            place += UInt64(piece.count)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let base = unsafe bytes.baseAddress!.advanced(by: done)
            let count = unsafe pwrite(descriptor, base, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write", path, code: count < 0 ? errno : ENOSPC) }
            done += count
        }
    }

    func sync() throws(SystemError) {
        guard fdatasync(descriptor) == 0 else { throw SystemError("synchronise", path, code: errno) }
    }

    func truncate(_ bytes: UInt64) throws(SystemError) {
        guard ftruncate(descriptor, off_t(bytes)) == 0 else { throw SystemError("cut", path, code: errno) }
    }
}

/// A lock that ends with its descriptor.
final class LinuxLock: FileLock, @unchecked Sendable {
    private let file: LinuxFile
    init(_ file: LinuxFile) { self.file = file }
}

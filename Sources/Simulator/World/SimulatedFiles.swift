import Bytes
import Disks
import Glibc
import Seams
import Segments

/// The files of one host, by path: on its disk, which may lose them, but for directories.
///
/// These are stored at once, as a file system with a journal does in practice.
/// On the simulation's one thread.
package final class SimulatedFiles: Files, @unchecked Sendable {
    package let disk = SimulatedDisk()
    private var directories: Set<String> = ["/"]
    private var locks: Set<String> = []
    private var temporary = 0

    package init() {}

    /// The power was lost, and the locks with it.
    package func crash(_ generator: inout some RandomNumberGenerator) {
        disk.crash(&generator)
        locks = []
    }

    /// The process that held them ended.
    package func releaseLocks() { locks = [] }

    // MARK: - Whole files

    package func read(_ path: String, limit: Int) throws(SystemError) -> Bytes {
        try at("read", path) { () throws(FileError) in
            let file = try disk.file(path)
            guard file.count <= limit else { throw .failed(code: EFBIG) }
            return disk.read(file, at: 0, count: file.count)
        }
    }

    package func replace(_ path: String, with content: Bytes, mode: UInt32) throws(SystemError) {
        temporary += 1
        let name = "\(path).new-\(temporary)"
        try at("replace", path) { () throws(FileError) in
            let file = try disk.make(name)
            unsafe try Self.borrow(content) { (bytes) throws(FileError) in
                unsafe try disk.write(file, at: 0, bytes)
            }
            try disk.sync(file)
            try disk.rename(name, to: path)
            try disk.syncNames(in: Self.parent(of: path))
        }
    }

    package func createSecret(
        _ path: String, _ content: SecretBox, mode: UInt32, uid: UInt32, gid: UInt32
    ) throws(SystemError) {
        try at("create", path) { () throws(FileError) in
            guard (try? disk.file(path)) == nil else { throw .failed(code: EEXIST) }
            let file = try disk.make(path)
            unsafe try content.borrow { (bytes) throws(FileError) in unsafe try disk.write(file, at: 0, bytes) }
        }
    }

    package func wipe(_ path: String) throws(SystemError) {
        try at("wipe", path) { () throws(FileError) in
            let file = try disk.file(path)
            let zeros = Bytes([UInt8](repeating: 0, count: file.count))
            unsafe try Self.borrow(zeros) { (bytes) throws(FileError) in unsafe try disk.write(file, at: 0, bytes) }
            try disk.remove(path)
        }
    }

    // MARK: - Names

    package func makeDirectory(_ path: String, mode: UInt32) throws(SystemError) {
        guard directories.contains(Self.parent(of: path)) || Self.parent(of: path).isEmpty else {
            throw Self.error("make", path, ENOENT)
        }
        guard try status(path) == nil else { throw Self.error("make", path, EEXIST) }
        directories.insert(path)
    }

    package func list(_ path: String) throws(SystemError) -> [String] {
        guard directories.contains(path) else { throw Self.error("list", path, ENOENT) }
        let files = (try? disk.list()) ?? []
        return (files + directories).filter { $0 != "/" && Self.parent(of: $0) == path }
            .map { String($0.dropFirst(path.utf8.count + 1)) }.sorted()
    }

    package func status(_ path: String) throws(SystemError) -> FileStatus? {
        if directories.contains(path) {
            return FileStatus(kind: .directory, mode: 0o700, uid: 0, gid: 0, size: 0)
        }
        guard let file = try? disk.file(path) else { return nil }
        return FileStatus(kind: .file, mode: 0o600, uid: 0, gid: 0, size: UInt64(file.count))
    }

    package func remove(_ path: String) throws(SystemError) -> Bool {
        if directories.contains(path) {
            guard try list(path).isEmpty else { throw Self.error("remove", path, ENOTEMPTY) }
            directories.remove(path)
            return true
        }
        guard (try? disk.file(path)) != nil else { return false }
        try at("remove", path) { () throws(FileError) in try disk.remove(path) }
        return true
    }

    package func removeTree(_ path: String) throws(SystemError) {
        guard directories.contains(path) else { throw Self.error("remove", path, ENOENT) }
        for name in try list(path) {
            let inner = "\(path)/\(name)"
            if directories.contains(inner) { try removeTree(inner) } else { _ = try remove(inner) }
        }
        directories.remove(path)
    }

    package func rename(_ from: String, to: String) throws(SystemError) {
        try at("rename", from) { () throws(FileError) in try disk.rename(from, to: to) }
    }

    package func syncDirectory(_ path: String) throws(SystemError) {
        try at("sync", path) { () throws(FileError) in try disk.syncNames(in: path) }
    }

    // MARK: - Open files

    package func open(_ path: String, create: Bool) throws(SystemError) -> any OpenFile {
        let file = try at("open", path) { () throws(FileError) in
            if create, (try? disk.file(path)) == nil { return try disk.make(path) }
            return try disk.file(path)
        }
        return SimulatedOpenFile(disk, file, path)
    }

    package func lock(_ path: String) throws(SystemError) -> any FileLock {
        guard locks.insert(path).inserted else { throw Self.error("lock", path, EWOULDBLOCK) }
        return SimulatedLock()
    }

    // MARK: - Helpers

    private static func parent(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func error(_ operation: String, _ path: String, _ code: Int32) -> SystemError {
        SystemError(operation, path, code: code, detail: "error \(code)")
    }

    private func at<R>(
        _ operation: String, _ path: String, _ body: () throws(FileError) -> R
    ) throws(SystemError) -> R {
        try Self.translate(operation, path, body)
    }

    fileprivate static func translate<R>(
        _ operation: String, _ path: String, _ body: () throws(FileError) -> R
    ) throws(SystemError) -> R {
        do throws(FileError) {
            return try body()
        } catch {
            switch error {
            case .full: throw Self.error(operation, path, ENOSPC)
            case .missing: throw Self.error(operation, path, ENOENT)
            case .failed(let code): throw Self.error(operation, path, code)
            }
        }
    }

    fileprivate static func borrow(
        _ bytes: Bytes, _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(FileError) {
        try unsafe bytes.withUnsafeBytes(body)
    }
}

private final class SimulatedOpenFile: OpenFile, @unchecked Sendable {
    private let disk: SimulatedDisk
    private let file: SimulatedDisk.File
    private let path: String

    init(_ disk: SimulatedDisk, _ file: SimulatedDisk.File, _ path: String) {
        self.disk = disk
        self.file = file
        self.path = path
    }

    func size() throws(SystemError) -> UInt64 { UInt64(file.count) }

    func read(at offset: UInt64, count: Int) throws(SystemError) -> Bytes {
        disk.read(file, at: Int(offset), count: count)
    }

    func write(_ pieces: [Bytes], at offset: UInt64) throws(SystemError) {
        var place = Int(offset)
        for piece in pieces {
            try SimulatedFiles.translate("write", path) { () throws(FileError) in
                unsafe try SimulatedFiles.borrow(piece) { (bytes) throws(FileError) in
                    unsafe try disk.write(file, at: place, bytes)
                }
            }
            place += piece.count
        }
    }

    func sync() throws(SystemError) {
        try SimulatedFiles.translate("sync", path) { () throws(FileError) in try disk.sync(file) }
    }

    func close() {}
}

/// Held until its process ends: no daemon gives one up before.
private final class SimulatedLock: FileLock {}

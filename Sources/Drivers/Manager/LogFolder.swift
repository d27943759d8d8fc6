import Bytes
import Seams
import Segments

/// The log's folder over the system's files: what the log's writer thread calls. One thread at a time.
///
/// Files stay open between calls, since the log syncs the same one again and again.
final class LogFolder: SegmentFiles, @unchecked Sendable {
    private let files: any Files
    private let folder: String
    private var open: [String: any OpenFile] = [:]

    init(_ files: any Files, _ folder: String) {
        self.files = files
        self.folder = folder
    }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    private func file(_ name: String) throws(FileError) -> any OpenFile {
        if let file = open[name] { return file }
        let file = try Self.world { () throws(SystemError) in try files.open(path(name), create: false) }
        open[name] = file
        return file
    }

    func list() throws(FileError) -> [String] {
        try Self.world { () throws(SystemError) in try files.list(folder) }
    }

    func size(_ name: String) throws(FileError) -> Int {
        let file = try file(name)
        return Int(try Self.world { () throws(SystemError) in try file.size() })
    }

    func create(_ name: String, bytes: Int) throws(FileError) {
        let file = try Self.world { () throws(SystemError) in try files.open(path(name), create: true) }
        open[name] = file
        let zeros = Bytes([UInt8](repeating: 0, count: min(bytes, 1 << 20)))
        var offset = 0
        // Written, not only reserved: later writes of the log then change no metadata, and their sync is cheaper.
        while offset < bytes {
            let piece = zeros.slice(0..<min(zeros.count, bytes - offset))
            try Self.world { () throws(SystemError) in try file.write([piece], at: UInt64(offset)) }
            offset += piece.count
        }
    }

    func read(_ name: String, at offset: Int, count: Int) throws(FileError) -> Bytes {
        let file = try file(name)
        return try Self.world { () throws(SystemError) in try file.read(at: UInt64(offset), count: count) }
    }

    func write(_ name: String, at offset: Int, _ data: UnsafeRawBufferPointer) throws(FileError) {
        let file = try file(name)
        let bytes = unsafe Bytes(data)
        try Self.world { () throws(SystemError) in try file.write([bytes], at: UInt64(offset)) }
    }

    func sync(_ name: String) throws(FileError) {
        let file = try file(name)
        try Self.world { () throws(SystemError) in try file.sync() }
    }

    func rename(_ name: String, to other: String) throws(FileError) {
        open.removeValue(forKey: other)?.close()
        try Self.world { () throws(SystemError) in try files.rename(path(name), to: path(other)) }
        open[other] = open.removeValue(forKey: name)
    }

    func remove(_ name: String) throws(FileError) {
        open.removeValue(forKey: name)?.close()
        _ = try Self.world { () throws(SystemError) in try files.remove(path(name)) }
    }

    func syncFolder() throws(FileError) {
        try Self.world { () throws(SystemError) in try files.syncDirectory(folder) }
    }

    private static func world<R>(_ body: () throws(SystemError) -> R) throws(FileError) -> R {
        do throws(SystemError) {
            return try body()
        } catch {
            switch error.code {
            case 28, 122: throw .full  // ENOSPC, EDQUOT
            case 2: throw .missing
            default: throw .failed(code: error.code)
            }
        }
    }
}

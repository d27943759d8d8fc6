import Bytes
import Segments

/// A folder on a disk that loses what was not synchronised, lets parts of it land in any order, fills up and fails.
///
/// Content is kept in sectors of 512 bytes; each sector of an unfinished write lands or not by itself. Changes of
/// names land in their order, up to some point.
package final class SimulatedDisk: SegmentFiles {
    private static let sectorBytes = 512

    private final class File {
        /// As a running process reads it.
        var content: [UInt8] = []
        /// What a crash leaves at least, with its size.
        var stored: [UInt8] = []
        /// Sectors that were written since, in order.
        var pending: [(sector: Int, content: [UInt8])] = []
    }

    private enum Change {
        case create(String, File)
        case rename(String, String)
        case remove(String)
    }

    private var names: [String: File] = [:]
    private var storedNames: [String: File] = [:]
    private var changes: [Change] = []
    /// Bytes of all files; creation and growth beyond it are refused.
    package var capacity = Int.max
    /// Calls that change or synchronise so far.
    package private(set) var operations = 0
    /// The operation from which on every call fails, as on a machine that lost its power; `nil`: none.
    package var failsAt: Int?
    /// Whether the next `sync` of a file fails, once.
    package var failsSync = false

    package init() {}

    // MARK: - Faults

    /// Loses the power: what was synchronised stays, of the rest whatever `generator` says. Then it works again.
    package func crash(_ generator: inout some RandomNumberGenerator) {
        // Names first: a prefix of the changes.
        for change in changes.prefix(Int.random(in: 0...changes.count, using: &generator)) {
            Self.apply(change, to: &storedNames)
        }
        changes = []
        names = storedNames
        for name in names.keys.sorted() {
            guard let file = names[name] else { continue }
            land(file, &generator)
        }
        failsAt = nil
        failsSync = false
    }

    private func land(_ file: File, _ generator: inout some RandomNumberGenerator) {
        // Often nothing, often all, often a mixture.
        let style = Int.random(in: 0..<4, using: &generator)
        for piece in file.pending {
            let isKept = style == 0 ? false : style == 1 ? true : Bool.random(using: &generator)
            if isKept { Self.write(piece.content, at: piece.sector * Self.sectorBytes, &file.stored) }
        }
        file.pending = []
        file.content = file.stored
    }

    /// Changes a stored byte behind everybody's back.
    package func flip(_ name: String, at offset: Int, mask: UInt8) {
        guard let file = names[name], offset < file.content.count else { preconditionFailure("no byte \(offset)") }
        file.content[offset] ^= mask
        file.stored[offset] ^= mask
    }

    /// Replaces a stored file's content behind everybody's back; `nil` removes it.
    package func replace(_ name: String, with content: [UInt8]?) {
        let file = content.map { content in
            let file = File()
            file.content = content
            file.stored = content
            return file
        }
        names[name] = file
        storedNames[name] = file
    }

    package func content(_ name: String) -> [UInt8]? { names[name]?.content }

    /// Another disk with the same stored content.
    package func copy() -> SimulatedDisk {
        let other = SimulatedDisk()
        for (name, file) in names { other.replace(name, with: file.content) }
        return other
    }

    // MARK: - SegmentFiles

    package func list() throws(FileError) -> [String] { names.keys.sorted() }

    package func size(_ name: String) throws(FileError) -> Int { try file(name).content.count }

    package func create(_ name: String, bytes: Int) throws(FileError) {
        try operate()
        precondition(names[name] == nil, "\(name) exists")
        try reserve(bytes)
        let file = File()
        names[name] = file
        changes.append(.create(name, file))
        Self.write([UInt8](repeating: 0, count: bytes), at: 0, &file.content)
        note(file, 0..<bytes)
    }

    package func read(_ name: String, at offset: Int, count: Int) throws(FileError) -> Bytes {
        let content = try file(name).content
        guard offset < content.count else { return Bytes() }
        return Bytes(content).slice(offset..<min(content.count, offset + count))
    }

    package func write(_ name: String, at offset: Int, _ data: UnsafeRawBufferPointer) throws(FileError) {
        try operate()
        let file = try file(name)
        let end = offset + data.count
        try reserve(max(0, end - file.content.count))
        Self.write(unsafe [UInt8](data), at: offset, &file.content)
        note(file, offset..<end)
    }

    package func sync(_ name: String) throws(FileError) {
        try operate()
        let file = try file(name)
        if failsSync {
            failsSync = false
            throw .failed(code: 5)
        }
        file.stored = file.content
        file.pending = []
    }

    package func rename(_ name: String, to other: String) throws(FileError) {
        try operate()
        _ = try file(name)
        let change = Change.rename(name, other)
        Self.apply(change, to: &names)
        changes.append(change)
    }

    package func remove(_ name: String) throws(FileError) {
        try operate()
        _ = try file(name)
        let change = Change.remove(name)
        Self.apply(change, to: &names)
        changes.append(change)
    }

    package func syncFolder() throws(FileError) {
        try operate()
        storedNames = names
        changes = []
    }

    // MARK: - Helpers

    private func operate() throws(FileError) {
        if let failsAt, operations >= failsAt { throw .failed(code: 5) }
        operations += 1
    }

    private func file(_ name: String) throws(FileError) -> File {
        guard let file = names[name] else { throw .missing }
        return file
    }

    private func reserve(_ bytes: Int) throws(FileError) {
        guard bytes > 0, capacity != .max else { return }
        let used = names.values.reduce(0) { $0 + $1.content.count }
        if used + bytes > capacity { throw .full }
    }

    /// Remembers the sectors that `range` touches as they are now.
    private func note(_ file: File, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let size = Self.sectorBytes
        for sector in range.lowerBound / size...(range.upperBound - 1) / size {
            let end = min(file.content.count, (sector + 1) * size)
            file.pending.append((sector, Array(file.content[sector * size..<end])))
        }
    }

    private static func write(_ data: [UInt8], at offset: Int, _ content: inout [UInt8]) {
        if content.count < offset + data.count {
            content.append(contentsOf: repeatElement(0, count: offset + data.count - content.count))
        }
        content.replaceSubrange(offset..<offset + data.count, with: data)
    }

    private static func apply(_ change: Change, to names: inout [String: File]) {
        switch change {
        case .create(let name, let file): names[name] = file
        case .rename(let name, let other):
            if let file = names.removeValue(forKey: name) { names[other] = file }
        case .remove(let name): names[name] = nil
        }
    }
}

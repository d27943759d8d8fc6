import Bytes
import Segments

/// A disk that loses what was not synchronised, lets parts of it land in any order, fills up and fails.
///
/// Content is kept in sectors of 512 bytes; each sector of an unfinished write lands or not by itself. Changes of
/// names land in their order, up to some point. As `SegmentFiles` it is one flat folder; `SimulatedFiles` keeps whole
/// paths on it.
package final class SimulatedDisk: SegmentFiles {
    private static let sectorBytes = 512

    package final class File {
        /// As a running process reads it.
        fileprivate var content = SparseContent()
        /// What a crash leaves at least, with its size.
        fileprivate var stored = SparseContent()
        /// What was written since, in order.
        fileprivate var pending: [Written] = []

        package var count: Int { content.count }
    }

    /// Whole sectors as a write left them.
    fileprivate struct Written {
        var sector: Int
        /// `nil`: `count` bytes of zero.
        var content: [UInt8]?
        var count: Int
    }

    private enum Change {
        case create(String, File)
        case rename(String, String)
        case remove(String)

        /// The folder that it is a change of.
        var folder: Substring {
            switch self {
            case .create(let name, _), .rename(_, let name), .remove(let name): SimulatedDisk.folder(of: name)
            }
        }
    }

    private var names: [String: File] = [:]
    private var storedNames: [String: File] = [:]
    private var changes: [Change] = []
    private var usedBytes = 0
    /// Bytes of all files; creation and growth beyond it are refused.
    package var capacity = Int.max
    /// Calls that change or synchronise so far.
    package private(set) var operations = 0
    /// Synchronisations and bytes written so far: what the time of a disk goes into.
    package private(set) var syncs = 0
    package private(set) var writtenBytes = 0
    /// The operation from which on every call fails, as on a machine that lost its power; `nil`: none.
    package var failsAt: Int?
    /// Whether calls fail by now.
    package var hasFailed: Bool { failsAt.map { operations >= $0 } ?? false }
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
        usedBytes = names.values.reduce(0) { $0 + $1.content.count }
        failsAt = nil
        failsSync = false
    }

    private func land(_ file: File, _ generator: inout some RandomNumberGenerator) {
        guard !file.pending.isEmpty else { return }
        // Often nothing, often all, often a mixture.
        let style = Int.random(in: 0..<4, using: &generator)
        for written in file.pending {
            for start in stride(from: 0, to: written.count, by: Self.sectorBytes) {
                let isKept = style == 0 ? false : style == 1 ? true : Bool.random(using: &generator)
                guard isKept else { continue }
                let end = min(written.count, start + Self.sectorBytes)
                Self.store(written, start..<end, file)
            }
        }
        file.pending = []
        file.content = file.stored
    }

    private static func store(_ written: Written, _ range: Range<Int>, _ file: File) {
        let bytes = written.content ?? [UInt8](repeating: 0, count: written.count)
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe file.stored.write(
                UnsafeRawBufferPointer(rebasing: bytes[range]),
                at: written.sector * sectorBytes + range.lowerBound)
        }
    }

    /// Changes a stored byte behind everybody's back.
    package func flip(_ name: String, at offset: Int, mask: UInt8) {
        guard let file = names[name], offset < file.content.count else { preconditionFailure("no byte \(offset)") }
        var bytes = file.content.array
        bytes[offset] ^= mask
        file.content = SparseContent(bytes)
        bytes = file.stored.array
        bytes[offset] ^= mask
        file.stored = SparseContent(bytes)
    }

    /// Replaces a stored file's content behind everybody's back; `nil` removes it.
    package func replace(_ name: String, with content: [UInt8]?) {
        usedBytes += (content?.count ?? 0) - (names[name]?.content.count ?? 0)
        let file = content.map { content in
            let file = File()
            file.content = SparseContent(content)
            file.stored = file.content
            return file
        }
        names[name] = file
        storedNames[name] = file
    }

    package func content(_ name: String) -> [UInt8]? { names[name]?.content.array }

    /// Another disk with the same stored content.
    package func copy() -> SimulatedDisk {
        let other = SimulatedDisk()
        for (name, file) in names { other.replace(name, with: file.content.array) }
        return other
    }

    // MARK: - Files

    /// The file of that name.
    ///
    /// - Throws: `missing`.
    package func file(_ name: String) throws(FileError) -> File {
        guard let file = names[name] else { throw .missing }
        return file
    }

    package func make(_ name: String) throws(FileError) -> File {
        try operate()
        precondition(names[name] == nil, "\(name) exists")
        let file = File()
        names[name] = file
        changes.append(.create(name, file))
        return file
    }

    package func read(_ file: File, at offset: Int, count: Int) -> Bytes {
        guard offset < file.content.count else { return Bytes() }
        return Bytes(file.content.read(offset..<min(file.content.count, offset + count)))
    }

    package func write(_ file: File, at offset: Int, _ data: UnsafeRawBufferPointer) throws(FileError) {
        try operate()
        let end = offset + data.count
        try reserve(max(0, end - file.content.count))
        unsafe file.content.write(data, at: offset)
        writtenBytes += data.count
        note(file, offset..<end, isZero: unsafe SparseContent.isZero(data))
    }

    package func sync(_ file: File) throws(FileError) {
        try operate()
        if failsSync {
            failsSync = false
            throw .failed(code: 5)
        }
        syncs += 1
        for written in file.pending { Self.store(written, 0..<written.count, file) }
        file.pending = []
    }

    package func resize(_ file: File, _ bytes: Int) throws(FileError) {
        try operate()
        let old = file.content.count
        try reserve(max(0, bytes - old))
        file.content.resize(bytes)
        guard bytes < old else { return note(file, old..<bytes, isZero: true) }
        // A shorter file is stored as such at once: nobody here relies on more.
        file.stored = file.content
        file.pending = []
    }

    /// Synchronises the names in one folder of a disk of paths.
    package func syncNames(in folder: String) throws(FileError) {
        try operate()
        syncs += 1
        for change in changes where change.folder == folder { Self.apply(change, to: &storedNames) }
        changes.removeAll { $0.folder == folder }
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
        file.content.resize(bytes)
        note(file, 0..<bytes, isZero: true)
    }

    package func read(_ name: String, at offset: Int, count: Int) throws(FileError) -> Bytes {
        read(try file(name), at: offset, count: count)
    }

    package func write(_ name: String, at offset: Int, _ data: UnsafeRawBufferPointer) throws(FileError) {
        unsafe try write(try file(name), at: offset, data)
    }

    package func sync(_ name: String) throws(FileError) { try sync(try file(name)) }

    package func rename(_ name: String, to other: String) throws(FileError) {
        try operate()
        _ = try file(name)
        if let old = names[other] { usedBytes -= old.content.count }
        let change = Change.rename(name, other)
        Self.apply(change, to: &names)
        changes.append(change)
    }

    package func remove(_ name: String) throws(FileError) {
        try operate()
        usedBytes -= try file(name).content.count
        let change = Change.remove(name)
        Self.apply(change, to: &names)
        changes.append(change)
    }

    package func syncFolder() throws(FileError) {
        try operate()
        syncs += 1
        storedNames = names
        changes = []
    }

    // MARK: - Helpers

    private func operate() throws(FileError) {
        if hasFailed { throw .failed(code: 5) }
        operations += 1
    }

    /// Free bytes.
    package var freeBytes: Int { max(0, capacity - usedBytes) }

    private func reserve(_ bytes: Int) throws(FileError) {
        if bytes > 0, bytes > freeBytes { throw .full }
        usedBytes += bytes
    }

    /// Remembers the sectors that `range` touches as they are now.
    private func note(_ file: File, _ range: Range<Int>, isZero: Bool) {
        guard !range.isEmpty else { return }
        let size = Self.sectorBytes
        let first = range.lowerBound / size
        let start = first * size
        let end = min(file.content.count, (range.upperBound + size - 1) / size * size)
        // Zeros over whole sectors need not be kept.
        let isBare = isZero && range.lowerBound == start && range.upperBound == end
        file.pending.append(
            Written(sector: first, content: isBare ? nil : file.content.read(start..<end), count: end - start))
    }

    fileprivate static func folder(of name: String) -> Substring {
        name.lastIndex(of: "/").map { name[..<$0] } ?? ""
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

import Bytes
import Model
import Primitives

extension LogWriter {
    /// Reads the log in `files`, makes an empty one where there is none, and returns what it holds with the writer
    /// that goes on with it. `proto/README.md`, "Recovery".
    ///
    /// - Throws: never `full` for an existing log that has a spare segment. Nothing is repaired.
    package static func open(
        _ files: any SegmentFiles, snapshots: any SegmentFiles, identity: LogIdentity, keys: LogKeys,
        segmentBytes: Int = LogLimits.segmentBytes, random: any RandomNumberGenerator = SecureGenerator()
    ) throws(LogError) -> (writer: LogWriter, log: RecoveredLog) {
        let names = try at("log") { () throws(FileError) in try files.list() }
        let segments = names.compactMap { name in SegmentHeader.parse(name).map { (name, $0.seq, $0.firstIndex) } }
        let bounds = try readBounds(files, names, keys, identity, isNew: segments.isEmpty)
        let writer = LogWriter(
            files: files, identity: identity, keys: keys, segmentBytes: segmentBytes, bounds: bounds ?? Bounds(),
            random: random)
        for name in names where name.hasPrefix("spare-") { try writer.adopt(name) }
        if bounds == nil { try writer.begin(names) } else { try writer.completePages(names) }
        var scan = Scan(writer: writer)
        for (number, segment) in segments.enumerated() {
            let next = number + 1 < segments.count ? segments[number + 1] : nil
            guard next.map({ $0.1 == segment.1 &+ 1 }) ?? true else {
                throw .missing(file: "seg-\(SegmentHeader.hex(segment.1 &+ 1))")
            }
            try scan.read(segment.0, successor: next?.0)
        }
        let log = try scan.finish(snapshots)
        // What was read may have been in the page cache alone; nobody hears of it before it is stored.
        if let last = segments.last?.0 { try at(last) { () throws(FileError) in try files.sync(last) } }
        try at("log") { () throws(FileError) in try files.syncFolder() }
        try writer.tidy()
        // A vote that was spent on this member is in the log before entries of its term are.
        if log.termBound > log.hardState.term {
            try writer.append(LogBatch(hardState: log.hardState(of: identity.member)))
        }
        try writer.fillSpares()
        return (writer, log)
    }

    /// The greater of the pages that open; `nil`: a log that has not begun.
    private static func readBounds(
        _ files: any SegmentFiles, _ names: [String], _ keys: LogKeys, _ identity: LogIdentity, isNew: Bool
    ) throws(LogError) -> Bounds? {
        var best: Bounds?
        for name in Bounds.names where names.contains(name) {
            let page = try at(name) { () throws(FileError) in try files.read(name, at: 0, count: LogLimits.pageBytes) }
            do throws(LogError) {
                let bounds = try Bounds.read(page, keys, identity, file: name)
                if bounds.generation > best?.generation ?? 0 { best = bounds }
            } catch {
                // One page may be torn; the other was whole before this one was touched.
                guard case .corrupt = error else { throw error }
            }
        }
        if best == nil, !isNew { throw .corrupt(file: Bounds.names[0], offset: 0) }
        return best
    }

    private func adopt(_ name: String) throws(LogError) {
        let number = UInt64(name.dropFirst(6).prefix(16), radix: 16) ?? 0
        nextSpare = max(nextSpare, number &+ 1)
        let size = try at(name) { () throws(FileError) in try files.size(name) }
        // One that was cut short while it was made has not all its space.
        if size == segmentBytes, spares.count < LogLimits.spares {
            // It may have been made by a process that ended before its zeros were stored.
            try at(name) { () throws(FileError) in try files.sync(name) }
            spares.append(name)
        } else {
            try at(name) { () throws(FileError) in try files.remove(name) }
        }
    }

    /// Makes the page that is gone while the other one is whole, empty: the next writing finds its place.
    private func completePages(_ names: [String]) throws(LogError) {
        for name in Bounds.names where !names.contains(name) {
            try at(name) { () throws(FileError) in
                try files.create(name, bytes: LogLimits.pageBytes)
                try files.sync(name)
                try files.syncFolder()
            }
        }
    }

    /// Makes the pages of a new log.
    private func begin(_ names: [String]) throws(LogError) {
        for name in Bounds.names {
            if names.contains(name) { try at(name) { () throws(FileError) in try files.remove(name) } }
            try at(name) { () throws(FileError) in try files.create(name, bytes: LogLimits.pageBytes) }
        }
        // Both names are stored before either page says anything.
        try at("log") { () throws(FileError) in try files.syncFolder() }
        try writeBounds(bounds)
        try writeBounds(bounds)
        while spares.count < LogLimits.spares { try addSpare() }
        try at("log") { () throws(FileError) in try files.syncFolder() }
    }
}

/// A walk over the segments, from the oldest to the newest.
private struct Scan {
    let writer: LogWriter
    var replay = Replay()
    var log = RecoveredLog()
    var isFirst = true

    /// Reads one segment; the header of `successor` says where it ends.
    mutating func read(_ name: String, successor: String?) throws(LogError) {
        let files = writer.files
        let header = try header(name)
        if isFirst {
            writer.ordinal = header.previousOrdinal
            writer.tag = header.previousTag.copied()
            writer.file = header.previousFile
            isFirst = false
        }
        guard header.previousOrdinal == writer.ordinal, header.previousFile == writer.file,
            header.previousTag == writer.tag
        else { throw .forged(file: name, offset: 96) }
        let end = try successor.map { next throws(LogError) in try self.header(next).previousOrdinal }
        let key = try writer.keys.fileKey(
            header.keyID, header.fileID, writer.identity, personal: SegmentHeader.personal,
            commitment: header.commitment, name: name)
        let seal = SegmentSeal(header, key)
        writer.segments.append(LogWriter.Kept(firstIndex: header.firstIndex, name: name))
        writer.nextSeq = header.seq + 1
        writer.nextOrdinal = header.firstOrdinal
        let bytes = try at(name) { () throws(FileError) in try files.read(name, at: 0, count: header.bytes) }
        guard bytes.count == header.bytes else { throw .corrupt(file: name, offset: bytes.count) }
        try read(bytes, seal, name, end: end)
    }

    private func header(_ name: String) throws(LogError) -> SegmentHeader {
        let files = writer.files
        let size = try at(name) { () throws(FileError) in try files.size(name) }
        let page = try at(name) { () throws(FileError) in try files.read(name, at: 0, count: LogLimits.pageBytes) }
        return try SegmentHeader.read(page, identity: writer.identity, file: name, size: size)
    }

    private mutating func read(_ bytes: Bytes, _ seal: SegmentSeal, _ name: String, end: UInt64?) throws(LogError) {
        var offset = LogLimits.pageBytes
        var ordinal = seal.header.firstOrdinal
        var tag = writer.tag
        /// Of a batch whose last record is still to come.
        var open: [Bytes] = []
        while end.map({ writer.ordinal < $0 }) ?? true {
            guard let clear = seal.clear(bytes, at: offset) else { break }
            guard clear.ordinal == ordinal, clear.durable == writer.ordinal,
                let record = seal.open(bytes, at: offset, clear, after: tag)
            else { throw .forged(file: name, offset: offset) }
            open.append(record.plaintext)
            tag = record.tag
            ordinal += 1
            offset += SegmentSeal.recordBytes(clear.length)
            guard clear.isLast else { continue }
            for plaintext in open where !replay.take(plaintext) { throw .forged(file: name, offset: offset) }
            open.removeAll()
            writer.ordinal = ordinal - 1
            writer.nextOrdinal = ordinal
            writer.tag = tag
            writer.file = seal.header.fileID
            writer.offset = offset
        }
        if let end {
            guard writer.ordinal == end else { throw .corrupt(file: name, offset: offset) }
            return
        }
        try close(bytes, seal, name, at: offset, ordinal: ordinal, isOpen: !open.isEmpty)
    }

    /// Decides what the last segment's end at `offset` is: proof of damage, a torn batch, or where writing goes on.
    private mutating func close(
        _ bytes: Bytes, _ seal: SegmentSeal, _ name: String, at offset: Int, ordinal: UInt64, isOpen: Bool
    ) throws(LogError) {
        let later = seal.later(bytes, from: offset, ordinal: ordinal)
        if later.isProof { throw .corrupt(file: name, offset: offset) }
        if seal.seemsOurs(bytes, at: offset) || later.isAny || isOpen {
            let wholeTo = writer.file == seal.header.fileID ? writer.offset : LogLimits.pageBytes
            log.cut = RecoveredLog.Cut(file: name, offset: wholeTo)
            // Ordinals of the tail may be anywhere up to the bound: none is used twice.
            writer.nextOrdinal = writer.bounds.ordinal + 1
        } else if seal.header.keyID == writer.keys.current.id, seal.header.bytes == writer.segmentBytes {
            writer.current = seal
            writer.offset = offset
        }
    }

    /// Holds the pieces against each other.
    mutating func finish(_ snapshots: any SegmentFiles) throws(LogError) -> RecoveredLog {
        let bounds = writer.bounds
        guard writer.ordinal <= bounds.ordinal, replay.hardState.term <= bounds.term else {
            throw .corrupt(file: bounds.name, offset: 0)
        }
        let base = replay.mark?.index ?? .zero
        if let first = replay.entries.first, first.index - 1 != base {
            throw .missing(file: "the entry behind \(base)")
        }
        if let mark = replay.mark { try SnapshotFile.check(mark, snapshots, writer.identity) }
        log.hardState = replay.hardState
        log.configuration = replay.mark?.configuration ?? replay.configuration
        log.snapshot = replay.mark
        log.entries = replay.entries
        log.termBound = bounds.term
        log.hardState.commit = max(base, min(log.hardState.commit, log.lastIndex))
        writer.hardState = replay.hardState
        writer.configuration = replay.configuration
        writer.mark = replay.mark
        writer.lastIndex = log.lastIndex
        return log
    }
}

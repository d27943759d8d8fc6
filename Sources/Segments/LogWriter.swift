import Bytes
import Model
import Primitives
import Wire

/// Appends to the log: one write and one synchronisation a batch.
///
/// Owned by the log's writer thread and used by no other: that is why it may be handed over once and is not locked.
/// After an error other than `LogError.full` it is broken: every further call throws the same, the process ends.
///
///     append(batch) ──▶ reserve term and ordinals ──▶ roll if needed ──▶ write ──▶ sync ──▶ acknowledge
package final class LogWriter: @unchecked Sendable {
    /// A segment that is in the folder.
    struct Kept {
        var firstIndex: Index
        var name: String
    }

    let files: any SegmentFiles
    let identity: LogIdentity
    let segmentBytes: Int
    let keys: LogKeys
    var random: any RandomNumberGenerator
    var bounds: Bounds
    /// Ascending; the last one is `current`, unless that is `nil`.
    var segments: [Kept] = []
    /// Files that may be written over, and the number in the name of the next one.
    var spares: [String] = []
    var nextSpare: UInt64 = 1
    /// The segment that takes the next record; `nil`: a new one begins with it.
    var current: SegmentSeal?
    var offset = 0
    /// The last record that counts: ordinal, tag, file. All up to it are synchronised.
    var ordinal: UInt64 = 0
    var tag = Bytes([UInt8](repeating: 0, count: 16))
    var file = FileID.zero
    /// What the next record's ordinal is at least: above `ordinal + 1` after a cut.
    var nextOrdinal: UInt64 = 1
    var nextSeq: UInt64 = 1
    /// What every new segment repeats.
    var hardState = HardState()
    var configuration: Configuration?
    var mark: LogMark?
    package var lastIndex = Index.zero
    var buffer: [UInt8] = []
    private var failure: LogError?
    /// A spare segment that is being made, and how much of it is stored.
    var growing: (name: String, bytes: Int)?
    /// There was no space for one; not asked again before the next roll.
    var isSpareRefused = false

    init(
        files: any SegmentFiles, identity: LogIdentity, keys: LogKeys, segmentBytes: Int, bounds: Bounds,
        random: any RandomNumberGenerator
    ) {
        precondition(segmentBytes >= 16 * LogLimits.pageBytes, "segments of \(segmentBytes) bytes")
        self.files = files
        self.identity = identity
        self.keys = keys
        self.segmentBytes = segmentBytes
        self.bounds = bounds
        self.random = random
    }

    /// Makes `batch` durable; when it returns, the batch may be acknowledged.
    ///
    /// A batch that no segment can hold is several, made durable in order.
    ///
    /// - Throws: `full` with nothing written, only for a batch with entries; else a fatal error.
    package func append(_ batch: LogBatch) throws(LogError) {
        guard !batch.isEmpty else { return }
        try guarded { () throws(LogError) in
            let groups = split(records(of: batch))
            try reserve(batch.hardState?.term ?? hardState.term, ordinals: groups.reduce(0) { $0 + $1.count })
            var room = current == nil ? 0 : segmentBytes - offset
            var rolls = 0
            for group in groups {
                let size = upperBytes(group)
                if size > room {
                    rolls += 1
                    room = segmentBytes - LogLimits.pageBytes
                }
                room -= size
            }
            if rolls > 0 { try prepare(rolls, mayUseLast: batch.entries.isEmpty) }
            for group in groups { try write(group) }
        }
    }

    /// Turns segments that the last snapshot mark covers whole into spares, oldest first.
    package func recycle() throws(LogError) {
        try guarded { () throws(LogError) in
            guard let mark else { return }
            var isChanged = false
            while segments.count > 1, segments[1].firstIndex <= mark.index + 1 {
                let name = segments[0].name
                let spare = newSpareName()
                try at(name) { () throws(FileError) in try files.rename(name, to: spare) }
                spares.append(spare)
                segments.removeFirst()
                isChanged = true
            }
            if isChanged { try at("log") { () throws(FileError) in try files.syncFolder() } }
            try tidy()
        }
    }

    /// Segments in the folder, the spare ones aside.
    package var segmentCount: Int { segments.count }

    // MARK: - Records

    private func records(of batch: LogBatch) -> [LogRecord] {
        if let state = batch.hardState {
            precondition(state.term >= hardState.term, "term \(state.term) after \(hardState.term)")
        }
        let (first, last) = opening(of: batch)
        return pack(batch.entries, behind: last, of: batch.hardState?.term ?? hardState.term, into: first)
    }

    /// What a batch says beside its entries, and the index behind which these come.
    private func opening(of batch: LogBatch) -> (record: LogRecord, last: Index) {
        var record = LogRecord()
        record.hardState = batch.hardState
        record.configuration = batch.configuration
        record.snapshot = batch.snapshot
        var last = lastIndex
        if let mark = batch.snapshot, mark.reset || mark.index > last { last = mark.index }
        if let index = batch.truncateAfter, index < last {
            record.truncateAfter = index.rawValue
            last = index
        }
        if let entry = batch.entries.first {
            precondition(entry.index > .zero && entry.index <= last + 1, "entry \(entry.index) after \(last)")
            if entry.index <= last { record.truncateAfter = entry.index.rawValue - 1 }
            last = entry.index - 1
        }
        return (record, last)
    }

    /// `first` and as many records as it takes for all of `entries`.
    private func pack(
        _ entries: [Entry], behind index: Index, of term: Term, into first: LogRecord
    ) -> [LogRecord] {
        // A segment smaller than a record can be is one for tests.
        let limit = min(LogLimits.recordBytes, segmentBytes - LogLimits.pageBytes) - 8192
        var records: [LogRecord] = []
        var record = first
        var weight = 0
        var last = index
        for entry in entries {
            precondition(entry.index == last + 1, "entry \(entry.index) after \(last)")
            precondition(entry.term <= term, "entry \(entry.index) of term \(entry.term) in term \(term)")
            last = entry.index
            let stored = LogEntry(entry)
            precondition(
                entry.body.count + entry.sealed.count <= LogLimits.entryBytes && stored.weight <= limit,
                "entry \(entry.index) of \(entry.weight) bytes")
            if weight + stored.weight > limit || record.entries.count == LogLimits.recordEntries {
                records.append(record)
                record = LogRecord()
                weight = 0
            }
            record.entries.append(stored)
            weight += stored.weight
        }
        return records + [record]
    }

    /// The records in runs that one segment can hold.
    private func split(_ records: [LogRecord]) -> [[LogRecord]] {
        var groups: [[LogRecord]] = [[]]
        var size = 0
        for record in records {
            let bytes = upperBytes([record])
            if size + bytes > segmentBytes - LogLimits.pageBytes {
                groups.append([])
                size = 0
            }
            groups[groups.count - 1].append(record)
            size += bytes
        }
        return groups
    }

    /// At least what `group` takes, with what a segment's first record repeats.
    private func upperBytes(_ group: [LogRecord]) -> Int {
        let repeated = 256 + 2 * ((mark?.encodedSize ?? 0) + (configuration?.encodedSize ?? 0))
        return group.reduce(repeated) { $0 + SegmentSeal.recordBytes($1.encodedSize + 8) }
    }

    private func write(_ group: [LogRecord]) throws(LogError) {
        var group = group
        if current == nil || upperBytes(group) > segmentBytes - offset {
            try roll()
            group[0].hardState = group[0].hardState ?? hardState
            group[0].configuration = group[0].configuration ?? configuration
            if group[0].snapshot == nil, var repeated = mark {
                repeated.reset = false
                group[0].snapshot = repeated
            }
        }
        guard let current else { preconditionFailure("no segment after a roll") }
        let durable = ordinal
        var next = nextOrdinal
        var chain = tag
        buffer.removeAll(keepingCapacity: true)
        for (number, record) in group.enumerated() {
            chain = seal(record, in: current, isLast: number == group.count - 1, next, durable, chain)
            next += 1
        }
        precondition(next - 1 <= bounds.ordinal, "ordinal \(next - 1) passed the bound \(bounds.ordinal)")
        precondition(offset + buffer.count <= segmentBytes, "a batch passed its segment")
        let name = current.header.name
        try at(name) { () throws(FileError) in
            try buffer.write(to: files, name, at: offset)
            try files.sync(name)
        }
        offset += buffer.count
        if buffer.capacity > 4 * LogLimits.recordBytes { buffer = [] }
        ordinal = next - 1
        nextOrdinal = next
        tag = chain
        file = current.header.fileID
        for record in group { note(record) }
    }

    private func seal(
        _ record: LogRecord, in segment: SegmentSeal, isLast: Bool, _ ordinal: UInt64, _ durable: UInt64, _ tag: Bytes
    ) -> Bytes {
        segment.seal(
            record, isLast: isLast, ordinal: ordinal, durable: durable, after: tag, random: &random, to: &buffer)
    }

    /// Keeps what the next segment repeats.
    private func note(_ record: LogRecord) {
        if let state = record.hardState { hardState = state }
        if let configuration = record.configuration { self.configuration = configuration }
        if let mark = record.snapshot {
            self.mark = mark
            if mark.reset || mark.index > lastIndex { lastIndex = mark.index }
        }
        if let index = record.truncateAfter { lastIndex = min(lastIndex, Index(index)) }
        if let entry = record.entries.last { lastIndex = entry.index }
    }

    // MARK: - Segments

    private func roll() throws(LogError) {
        precondition(!spares.isEmpty, "a roll without a spare segment")
        let spare = spares.removeFirst()
        isSpareRefused = false
        let key = keys.current
        let fileID = FileID(random: &random)
        let fileKey = LogKeys.derive(key, fileID, identity, personal: SegmentHeader.personal)
        let header = SegmentHeader(
            keyID: key.id, identity: identity, fileID: fileID, seq: nextSeq, firstIndex: lastIndex + 1,
            firstOrdinal: nextOrdinal, previousOrdinal: ordinal, previousFile: file, previousTag: tag,
            salt: random.next(), commitment: fileKey.commitment, bytes: segmentBytes)
        let name = header.name
        try at(name) { () throws(FileError) in
            try header.page.write(to: files, spare, at: 0)
            try files.sync(spare)
            try files.rename(spare, to: name)
            try files.syncFolder()
        }
        segments.append(Kept(firstIndex: header.firstIndex, name: name))
        current = SegmentSeal(header, fileKey)
        offset = LogLimits.pageBytes
        nextSeq += 1
    }

    // MARK: - Bounds

    private func reserve(_ term: Term, ordinals: Int) throws(LogError) {
        let last = nextOrdinal + UInt64(ordinals)
        guard term > bounds.term || last > bounds.ordinal else { return }
        var next = bounds
        next.term = max(term, bounds.term)
        if last > bounds.ordinal { next.ordinal = last + LogLimits.reservedOrdinals }
        try writeBounds(next)
    }

    func writeBounds(_ bounds: Bounds) throws(LogError) {
        var next = bounds
        next.generation = self.bounds.generation + 1
        let page = next.page(keys.current, identity, random: &random)
        let name = next.name
        try at(name) { () throws(FileError) in
            try page.write(to: files, name, at: 0)
            try files.sync(name)
        }
        self.bounds = next
    }

    /// Runs `body` unless an earlier one failed for good.
    func guarded(_ body: () throws(LogError) -> Void) throws(LogError) {
        if let failure { throw failure }
        do throws(LogError) {
            try body()
        } catch {
            if error != .full { failure = error }
            throw error
        }
    }
}

extension [UInt8] {
    func write(to files: any SegmentFiles, _ name: String, at offset: Int) throws(FileError) {
        try unsafe span.withUnsafeBytes { (data) throws(FileError) in
            try unsafe files.write(name, at: offset, data)
        }
    }
}

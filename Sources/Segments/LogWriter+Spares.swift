// Spare segments are made ahead and of written zeros, so that a roll is a rename and later writes change no metadata.

extension LogWriter {
    /// Whether there are too few spare segments: `growSpare` is due.
    package var wantsSpare: Bool { spares.count < LogLimits.spares && !isSpareRefused }

    /// Makes a piece of a spare segment that is missing, so that no roll waits for a whole one; to be called between
    /// two batches, when the first is acknowledged.
    ///
    /// One that is not finished is shorter than a segment, and removed when the log is opened again. A full disk is
    /// no error here.
    package func growSpare() throws(LogError) {
        guard wantsSpare else { return }
        try guarded { () throws(LogError) in try addPiece() }
    }

    /// Removes surplus spare segments.
    func tidy() throws(LogError) {
        while spares.count > LogLimits.spares {
            let name = spares.removeLast()
            try at(name) { () throws(FileError) in try files.remove(name) }
        }
    }

    /// Makes all missing spare segments at once, before the log is in use. A full disk is no error here.
    func fillSpares() throws(LogError) {
        do throws(LogError) {
            while spares.count < LogLimits.spares { try addSpare() }
        } catch {
            if error != .full { throw error }
        }
    }

    /// Sees to it that `rolls` spares are there; the last one only for what is worth it.
    func prepare(_ rolls: Int, mayUseLast: Bool) throws(LogError) {
        let wanted = mayUseLast ? rolls : rolls + 1
        while spares.count < wanted { try addSpare() }
    }

    func addSpare() throws(LogError) {
        let name = growing?.name ?? newSpareName()
        let stored = growing?.bytes ?? 0
        growing = nil
        do throws(FileError) {
            if stored == 0 {
                try files.create(name, bytes: segmentBytes)
            } else {
                try Self.zeros(segmentBytes - stored).write(to: files, name, at: stored)
            }
            try files.sync(name)
            try files.syncFolder()
        } catch {
            if error == .full { try? files.remove(name) }
            throw LogError(error, name)
        }
        spares.append(name)
    }

    private func addPiece() throws(LogError) {
        let (name, stored) = growing ?? (newSpareName(), 0)
        let end = min(segmentBytes, stored + LogLimits.sparePieceBytes)
        do throws(FileError) {
            if stored == 0 { try files.create(name, bytes: 0) }
            try Self.zeros(end - stored).write(to: files, name, at: stored)
            try files.sync(name)
            if end == segmentBytes { try files.syncFolder() }
        } catch {
            growing = nil
            guard error == .full else { throw LogError(error, name) }
            try? files.remove(name)
            isSpareRefused = true
            return
        }
        growing = end < segmentBytes ? (name, end) : nil
        if end == segmentBytes { spares.append(name) }
    }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

    func newSpareName() -> String {
        defer { nextSpare += 1 }
        return "spare-\(SegmentHeader.hex(nextSpare)).clog"
    }
}

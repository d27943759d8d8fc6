import Bytes

/// Cuts a canonical stream, which comes in any portions, into its pieces. `proto/README.md`, "Snapshot".
package struct SnapshotPieces {
    package struct Piece: Equatable, Sendable {
        package var content: Bytes
        /// Whether it must never meet a compressor.
        package var isRaw: Bool

        package init(_ content: Bytes, isRaw: Bool) {
            self.content = content
            self.isRaw = isRaw
        }

        /// The piece as it stands in the stream.
        var framed: [UInt8] {
            precondition(content.count <= LogLimits.pieceBytes, "a piece of \(content.count) bytes")
            var array = [UInt8](repeating: 0, count: 4)
            array.reserveCapacity(4 + content.count)
            array.put(UInt32(content.count << 1 | (isRaw ? 1 : 0)), at: 0)
            array.append(contentsOf: content)
            return array
        }
    }

    private var pending: [UInt8] = []
    private var place = 0

    package init() {}

    /// Whether the stream stands between two pieces.
    package var isWhole: Bool { place == pending.count }

    package mutating func add(_ portion: Bytes) {
        if place > 0 {
            pending.removeSubrange(0..<place)
            place = 0
        }
        pending.append(contentsOf: portion)
    }

    /// The next whole piece, `nil` when more bytes are needed.
    ///
    /// - Throws: `corrupt` for a piece over the limit, as from a peer that is none of ours.
    package mutating func next() throws(LogError) -> Piece? {
        guard pending.count - place >= 4 else { return nil }
        var word: UInt32 = 0
        for offset in 0..<4 { word |= UInt32(pending[place + offset]) << UInt32(8 * offset) }
        let count = Int(word >> 1)
        guard count <= LogLimits.pieceBytes else { throw .corrupt(file: "snapshot stream", offset: place) }
        guard pending.count - place - 4 >= count else { return nil }
        let start = place + 4
        place = start + count
        return Piece(Bytes(pending[start..<place]), isRaw: word & 1 == 1)
    }
}

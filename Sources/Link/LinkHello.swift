import Bytes
import Model

/// The clear first bytes of a link: what it is for, and which pre-shared key opens it. `proto/README.md` §2.1.
package struct LinkHello: Equatable, Sendable {
    package enum Purpose: UInt8, Sendable {
        /// Between nodes of a cluster; the handle is a link ticket's.
        case node = 1
        /// Of a joiner; the handle is a join token's.
        case join = 2
    }

    package var purpose: Purpose
    /// Epoch of the cluster's link key; 0 when joining.
    package var epoch: UInt32
    package var handle: Handle
    /// Asks for the bulk connection beside a link that there is.
    package var wantsBulk = false

    package static let byteCount = 32
    static let version: UInt8 = 1
    static let suite: UInt8 = 1

    package init(purpose: Purpose, epoch: UInt32, handle: Handle) {
        self.purpose = purpose
        self.epoch = epoch
        self.handle = handle
    }

    /// - Throws: `LinkError.notALink` or `.version`; every unassigned bit must be zero.
    package init(_ bytes: Bytes) throws(LinkError) {
        precondition(bytes.count == Self.byteCount, "a hello of \(bytes.count) bytes")
        guard bytes.slice(0..<4) == Bytes(utf8: "CNCL") else { throw .notALink }
        guard bytes[4] == Self.version, bytes[5] == Self.suite else { throw .version(bytes[4]) }
        guard let purpose = Purpose(rawValue: bytes[6]), bytes[7] & ~1 == 0 else { throw .notALink }
        guard bytes[12..<16].allSatisfy({ $0 == 0 }) else { throw .notALink }
        self.purpose = purpose
        wantsBulk = bytes[7] & 1 == 1
        // A joiner has one question, and no link beside which a second connection could be.
        guard !wantsBulk || purpose == .node else { throw .notALink }
        epoch = bytes[8..<12].reduce(0) { $0 << 8 | UInt32($1) }
        handle = unsafe bytes.slice(16..<32).withUnsafeBytes { unsafe Handle(bytes: $0) }
    }

    package func encoded() -> Bytes {
        var bytes = Array("CNCL".utf8)
        bytes += [Self.version, Self.suite, purpose.rawValue, wantsBulk ? 1 : 0]
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: epoch >> shift)) }
        bytes += [0, 0, 0, 0]
        unsafe handle.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        return Bytes(bytes)
    }

    /// What the handshake is bound to: every clear byte before it.
    var prologue: Bytes { Bytes(Array("conclave/link/v1".utf8) + [0] + encoded().array) }
}

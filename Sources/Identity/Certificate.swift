import Bytes
import Model
import Primitives
import Wire

/// A signed `CertificateBody`. `Certificate` in `proto/identity.proto`.
package struct Certificate: Message {
    /// What was signed, byte for byte.
    package var body = Bytes()
    /// 8 bytes that hint at the signing key.
    package var issuerKeyID = Bytes()
    /// Ed25519; 64 bytes.
    package var signature = Bytes()
    package var unknown = UnknownFields()

    /// The most bytes that an encoded certificate may have.
    package static let maxBytes = 1024
    static let prefix: StaticString = "conclave/cert/v1\0"

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "body", &body)
        try coder.bytes(2, "issuer_key_id", &issuerKeyID)
        try coder.bytes(3, "signature", &signature)
        try coder.unknown(&unknown)
    }
}

/// What is certified. `CertificateBody` in `proto/identity.proto`.
package struct CertificateBody: Message {
    /// 1.
    package var format: UInt32 = 0
    package var clusterID = ClusterID.none
    /// The node, or the manager whose issuing key it is.
    package var nodeID = NodeID.none
    /// When it was issued; the node table counts, not this.
    package var role = Role.unspecified
    /// Bits of `Usage`; exactly one.
    package var usage: UInt32 = 0
    /// X25519, for links; 32 bytes.
    package var key = Bytes()
    /// Ed25519, for issuing; 32 bytes.
    package var signingKey = Bytes()
    package var serial = Serial.none
    package var epoch: UInt32 = 0
    /// Seconds since 1970.
    package var notBefore: UInt64 = 0
    /// Seconds since 1970; at most 30 days later.
    package var notAfter: UInt64 = 0
    package var unknown = UnknownFields()

    package static let format1: UInt32 = 1
    package static let linkUsage: UInt32 = 1
    package static let issuingUsage: UInt32 = 2
    package static let maxSeconds: UInt64 = 30 * 86_400

    package init() {}

    /// A body of this format, but for the key and its use.
    init(of node: NodeID, role: Role, clusterID: ClusterID, serial: Serial, epoch: UInt32, validity: Validity) {
        format = Self.format1
        self.clusterID = clusterID
        nodeID = node
        self.role = role
        self.serial = serial
        self.epoch = epoch
        notBefore = validity.start
        notAfter = validity.end
    }

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint32(1, "format", &format)
        try coder.bytes(2, "cluster_id", &clusterID)
        try coder.bytes(3, "node_id", &nodeID)
        try coder.enumeration(4, "role", &role)
        try coder.uint32(5, "usage", &usage)
        try coder.bytes(6, "key", &key)
        try coder.bytes(7, "signing_key", &signingKey)
        try coder.bytes(8, "serial", &serial)
        try coder.uint32(9, "epoch", &epoch)
        try coder.uint64(10, "not_before_s", &notBefore)
        try coder.uint64(11, "not_after_s", &notAfter)
        try coder.unknown(&unknown)
    }

    /// The encoded `Certificate` of this body by `signer`.
    func signed(by signer: SigningKey) -> Bytes {
        var certificate = Certificate()
        certificate.body = encoded()
        certificate.issuerKeyID = KeyID.of(signer.publicKey)
        certificate.signature = signer.sign(certificate.body, prefix: Certificate.prefix)
        return certificate.encoded()
    }
}

/// Short names of public keys, which find a key but prove nothing.
package enum KeyID {
    /// 8 bytes.
    package static func of(_ key: VerifyingKey) -> Bytes {
        var stream = HashStream()
        stream.update(Bytes(utf8: "conclave/key/v1\0"))
        stream.update(key.bytes)
        return stream.digest().bytes.slice(0..<8).copied()
    }
}

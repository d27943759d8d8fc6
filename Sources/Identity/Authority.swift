import Bytes
import Model
import Primitives

/// Validity of a certificate, in seconds since 1970.
package struct Validity: Equatable, Sendable {
    package let start: UInt64
    package let end: UInt64

    /// From an hour before `now`, since clocks differ, to `seconds` after it; at most 30 days in all.
    package init(from now: Timestamp, seconds: UInt64) {
        start = now.seconds > 3600 ? now.seconds - 3600 : 0
        end = min(now.seconds + seconds, start + CertificateBody.maxSeconds)
    }
}

/// The cluster's root key, which signs issuing keys and nothing else.
package enum Root {
    /// What a join token carries of the root.
    package static func digest(clusterID: ClusterID, rootKey: VerifyingKey) -> Digest {
        var stream = HashStream()
        stream.update(Bytes(utf8: "conclave/root/v1\0"))
        unsafe clusterID.withUnsafeBytes { unsafe stream.update($0) }
        stream.update(rootKey.bytes)
        return stream.digest()
    }

    /// The encoded certificate of a manager's issuing key.
    package static func certify(
        issuingKey: VerifyingKey, of manager: NodeID, clusterID: ClusterID, serial: Serial, epoch: UInt32,
        validity: Validity, root: SigningKey
    ) -> Bytes {
        var body = CertificateBody(
            of: manager, role: .manager, clusterID: clusterID, serial: serial, epoch: epoch, validity: validity)
        body.usage = CertificateBody.issuingUsage
        body.signingKey = issuingKey.bytes
        return body.signed(by: root)
    }
}

extension SigningKey {
    /// The encoded certificate of a node's key for links, signed by this issuing key.
    package func certify(
        node: NodeID, role: Role, key: PublicKey, clusterID: ClusterID, serial: Serial, epoch: UInt32,
        validity: Validity
    ) -> Bytes {
        var body = CertificateBody(
            of: node, role: role, clusterID: clusterID, serial: serial, epoch: epoch, validity: validity)
        body.usage = CertificateBody.linkUsage
        body.key = key.bytes
        return body.signed(by: self)
    }
}

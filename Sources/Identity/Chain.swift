import Bytes
import Model
import Primitives
import Wire

/// What a checked chain proves: a node's key, by the word of one manager and of the root.
package struct CertifiedNode: Equatable, Sendable {
    package let nodeID: NodeID
    /// By the certificate; authority comes from the node table alone.
    package let role: Role
    /// The key that Noise must have authenticated.
    package let key: PublicKey
    package let serial: Serial
    /// The manager whose issuing key signed it.
    package let issuer: NodeID
    /// Whether the certificate, or its issuer's, ended more than five minutes ago. Acceptable for a current row between managers, with a warning.
    package let isExpired: Bool
}

/// What a node trusts: one cluster's root. Chains are root → issuing key of one manager → node, neither longer
/// nor shorter.
package struct Anchor: Equatable, Sendable {
    package let clusterID: ClusterID
    package let rootKey: VerifyingKey

    /// How far clocks may differ.
    static let toleranceSeconds: UInt64 = 300

    package init(clusterID: ClusterID, rootKey: VerifyingKey) {
        self.clusterID = clusterID
        self.rootKey = rootKey
    }

    /// Checks a node's encoded certificate and that of the key which signed it; two signatures, 75 µs.
    ///
    /// What has ended is told, not thrown. Who may come in is for the node table (`check(against:)`).
    ///
    /// - Throws: `IdentityError.certificate` naming the check.
    package func check(
        certificate: Bytes, issuer: Bytes, at now: Timestamp
    ) throws(IdentityError) -> CertifiedNode {
        let issuing = try body(of: issuer, signer: rootKey, "issuing", at: now)
        guard issuing.usage == CertificateBody.issuingUsage, issuing.role == .manager, issuing.key.isEmpty,
            let signer = VerifyingKey(issuing.signingKey), signer != .zero
        else { throw .certificate("the issuing certificate is for another use") }
        let node = try body(of: certificate, signer: signer, "node", at: now)
        guard node.usage == CertificateBody.linkUsage, node.signingKey.isEmpty, let key = PublicKey(node.key),
            key != .zero
        else { throw .certificate("the node certificate is for another use") }
        guard node.role == .worker || node.role == .manager else { throw .certificate("an unknown role") }
        let end = min(node.notAfter, issuing.notAfter)
        return CertifiedNode(
            nodeID: node.nodeID, role: node.role, key: key, serial: node.serial, issuer: issuing.nodeID,
            isExpired: now.seconds > end + Self.toleranceSeconds)
    }

    /// The body of `certificate` once the signature over the received bytes holds.
    private func body(
        of encoded: Bytes, signer: VerifyingKey, _ which: String, at now: Timestamp
    ) throws(IdentityError) -> CertificateBody {
        guard encoded.count <= Certificate.maxBytes else { throw .certificate("the \(which) certificate is too long") }
        let body: CertificateBody
        do {
            let certificate = try Certificate.decode(encoded)
            guard certificate.encoded() == encoded else {
                throw IdentityError.certificate("the \(which) certificate is not canonical")
            }
            guard certificate.issuerKeyID == KeyID.of(signer) else {
                throw IdentityError.certificate("the \(which) certificate is signed by another key")
            }
            try signer.verify(certificate.signature, of: certificate.body, prefix: Certificate.prefix)
            body = try CertificateBody.decode(certificate.body)
            guard body.encoded() == certificate.body else {
                throw IdentityError.certificate("the \(which) certificate's body is not canonical")
            }
        } catch let error as IdentityError {
            throw error
        } catch {
            throw .certificate("the \(which) certificate is damaged or signed by another key")
        }
        guard body.format == CertificateBody.format1 else { throw .certificate("an unknown format \(body.format)") }
        guard body.clusterID == clusterID else { throw .certificate("the \(which) certificate is of another cluster") }
        guard body.nodeID != .none, body.serial != .none else {
            throw .certificate("the \(which) certificate lacks a node or a serial")
        }
        guard body.notAfter > body.notBefore, body.notAfter - body.notBefore <= CertificateBody.maxSeconds else {
            throw .certificate("the \(which) certificate is valid for too long")
        }
        guard body.notBefore <= now.seconds + Self.toleranceSeconds else {
            throw .certificate("the \(which) certificate begins in the future: check the clocks")
        }
        return body
    }
}

extension CertifiedNode {
    /// Holds the node against its row of the node table, which is the list of who may come in; the row's role is the
    /// one that counts.
    ///
    /// `handle` names the ticket that opened the link. The serial before the current one is taken until its
    /// deadline, so that a renewal needs no pause.
    ///
    /// - Throws: `IdentityError.notListed` naming what differs.
    package func check(against row: Node?, handle: Handle, at now: Timestamp) throws(IdentityError) {
        guard let row, row.id == nodeID else { throw .notListed("node") }
        guard row.key == key.bytes else { throw .notListed("key") }
        guard row.ticket == handle, handle != .none else { throw .notListed("ticket") }
        if row.serial == serial { return }
        guard row.previousSerial == serial, now <= row.previousUntil else { throw .notListed("serial") }
    }
}

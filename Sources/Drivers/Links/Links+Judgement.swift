import Bytes
import Identity
import Link
import Logging
import Model
import Primitives
import Seams
import Wire

// MARK: - Who may come in

extension Links {
    private func parameters() -> LinkParameters {
        var parameters = LinkParameters()
        parameters.version = 1
        parameters.clusterID = identity.clusterID
        parameters.nodeID = identity.nodeID
        parameters.member = identity.member
        parameters.incarnation = identity.incarnation
        parameters.maxFrame = UInt32(Limits.frameBytes)
        parameters.window = UInt32(Multiplexer.initialCredit)
        parameters.time = environment.time.wallClock
        parameters.level = 1
        return parameters
    }

    var isWorker: Bool { events?.isManager != true }

    func isFresh(_ ephemeral: Bytes) -> Bool { gate.isFresh(ephemeral, at: environment.time.now) }

    func answer(_ hello: LinkHello) -> (SecretBox, ResponderPayload)? {
        guard let events, events.isManager else { return nil }
        let key: SecretBox
        switch hello.purpose {
        case .node:
            guard let linkKey = events.linkKey(hello.epoch) else { return nil }
            key = linkKey.lend { LinkTicket(handle: hello.handle, linkKey: $0).key }
        case .join:
            guard let token = events.token(hello.handle) else { return nil }
            key = token.sharedKey
        }
        var payload = ResponderPayload()
        payload.parameters = parameters()
        payload.certificate = identity.certificate
        payload.issuer = identity.issuer
        payload.rootKey = identity.rootKey
        return (key, payload)
    }

    func judge(_ payload: ResponderPayload, key: PublicKey, peer: Peer) throws(LinkError) -> InitiatorPayload {
        let certified = try check(payload.certificate, payload.issuer, key: key)
        guard certified.role == .manager else { throw .unauthorised("it is no manager") }
        guard peer.node == .none || peer.node == certified.nodeID else { throw .unauthorised("it is another node") }
        guard certified.nodeID != identity.nodeID else { throw .unauthorised("it is this node itself") }
        // A manager holds the other against its table; the dialled one's ticket is not part of this handshake.
        let row = events?.isManager == true ? events?.row(of: certified.nodeID) : nil
        guard row != nil || !certified.isExpired else { throw .unauthorised("its certificate has ended") }
        if let row {
            guard row.key == key.bytes else { throw .unauthorised("its key is not its row's") }
            guard row.incarnation == .none || row.incarnation == peer.parameters.incarnation else {
                throw .unauthorised("its state directory is another one")
            }
        }
        peer.node = certified.nodeID
        peer.role = .manager
        var own = InitiatorPayload()
        own.parameters = parameters()
        own.certificate = identity.certificate
        own.issuer = identity.issuer
        own.expected = certified.nodeID
        return own
    }

    func judge(_ payload: InitiatorPayload, key: PublicKey, hello: LinkHello, peer: Peer) throws(LinkError) {
        if hello.purpose == .join {
            guard let enrol = payload.enrol, enrol.key == key.bytes else { throw .unauthorised("no enrolment") }
            peer.enrol = enrol
            peer.enrolledBy = hello
            return
        }
        let certified = try check(payload.certificate, payload.issuer, key: key)
        guard payload.expected == .none || payload.expected == identity.nodeID else {
            throw .unauthorised("it means another node")
        }
        guard certified.nodeID != identity.nodeID else { throw .unauthorised("it is this node itself") }
        let row = events?.row(of: certified.nodeID)
        do throws(IdentityError) {
            try certified.check(against: row, handle: hello.handle, at: environment.time.wallClock)
        } catch {
            throw .unauthorised("\(error)")
        }
        guard let row else { throw .unauthorised("no such node") }
        guard row.incarnation == .none || row.incarnation == peer.parameters.incarnation else {
            throw .unauthorised("its state directory is another one")
        }
        peer.node = certified.nodeID
        peer.role = row.role
        if certified.isExpired {
            // Between managers a current row counts more than the clock, or a cluster left off too long were lost.
            guard row.role == .manager else { throw .unauthorised("its certificate has ended") }
            logger.warning("the certificate of manager \(row.name) has ended", ["node": row.id.description])
        }
    }

    private func check(_ certificate: Bytes, _ issuer: Bytes, key: PublicKey) throws(LinkError) -> CertifiedNode {
        do throws(IdentityError) {
            let certified = try anchor.check(
                certificate: certificate, issuer: issuer, at: environment.time.wallClock)
            guard certified.key == key else { throw .certificate("another key than the handshake's") }
            return certified
        } catch {
            throw .unauthorised("\(error)")
        }
    }
}

import Bytes
import Identity
import Model
import Primitives
import Testing
import Wire

private let now = Timestamp(seconds: 1_800_000_000)

private func bytes(_ secret: borrowing SecretBytes) -> [UInt8] { unsafe secret.borrow { unsafe [UInt8]($0) } }

private struct Fixture {
    var random = SecureGenerator()
    let cluster: ClusterID
    let root: SigningKey
    let issuing: SigningKey
    let manager: NodeID
    let node: NodeID
    let key: AgreementKey
    let serial: Serial
    let issuer: Bytes
    let certificate: Bytes

    init(nodeSeconds: UInt64 = 7 * 86_400, from start: Timestamp = now) {
        var random = SecureGenerator()
        cluster = ClusterID(random: &random)
        root = SigningKey(random: &random)
        issuing = SigningKey(random: &random)
        manager = NodeID(random: &random)
        node = NodeID(random: &random)
        key = AgreementKey(random: &random)
        serial = Serial(random: &random)
        issuer = Root.certify(
            issuingKey: issuing.publicKey, of: manager, clusterID: cluster, serial: Serial(random: &random), epoch: 1,
            validity: Validity(from: now, seconds: 30 * 86_400), root: root)
        certificate = issuing.certify(
            node: node, role: .worker, key: key.publicKey, clusterID: cluster, serial: serial, epoch: 1,
            validity: Validity(from: start, seconds: nodeSeconds))
    }

    var anchor: Anchor { Anchor(clusterID: cluster, rootKey: root.publicKey) }

    func check(_ certificate: Bytes, _ issuer: Bytes, at moment: Timestamp = now) throws -> CertifiedNode {
        try anchor.check(certificate: certificate, issuer: issuer, at: moment)
    }
}

@Test func `a chain of root, issuing key and node proves the node's key`() throws {
    let it = Fixture()
    let found = try it.check(it.certificate, it.issuer)
    #expect(found.nodeID == it.node && found.key == it.key.publicKey && found.serial == it.serial)
    #expect(found.role == .worker && found.issuer == it.manager && !found.isExpired)
}

@Test func `a chain of another root, another cluster or another depth is refused`() {
    let it = Fixture()
    let other = Fixture()
    #expect(throws: IdentityError.self) { try other.check(it.certificate, it.issuer) }
    #expect(throws: IdentityError.self) {
        try Anchor(clusterID: other.cluster, rootKey: it.root.publicKey)
            .check(certificate: it.certificate, issuer: it.issuer, at: now)
    }
    #expect(throws: IdentityError.self) { try it.check(it.certificate, it.certificate) }
    #expect(throws: IdentityError.self) { try it.check(it.issuer, it.issuer) }
    // A node's certificate by the root itself: too short a chain.
    let direct = it.root.certify(
        node: it.node, role: .worker, key: it.key.publicKey, clusterID: it.cluster, serial: it.serial, epoch: 1,
        validity: Validity(from: now, seconds: 60))
    #expect(throws: IdentityError.self) { try it.check(direct, it.issuer) }
}

@Test func `a certificate with any bit changed, or cut, or with a field twice, is refused`() {
    let it = Fixture()
    for which in 0..<2 {
        let original = which == 0 ? it.certificate : it.issuer
        for place in 0..<original.count {
            var array = original.array
            array[place] ^= 1 << UInt8(place % 8)
            let changed = Bytes(array)
            let cut = original.slice(0..<place)
            #expect(throws: IdentityError.self, "byte \(place)") {
                which == 0 ? try it.check(changed, it.issuer) : try it.check(it.certificate, changed)
            }
            #expect(throws: IdentityError.self, "cut at \(place)") {
                which == 0 ? try it.check(cut, it.issuer) : try it.check(it.certificate, cut)
            }
        }
    }
    #expect(throws: IdentityError.self) {
        try it.check(Bytes(it.certificate.array + it.certificate.array), it.issuer)
    }
    #expect(throws: IdentityError.self) {
        try it.check(Bytes(it.certificate.array + [UInt8](repeating: 0, count: 1024)), it.issuer)
    }
}

@Test func `an expired certificate is told, one from the future is refused`() throws {
    let it = Fixture(nodeSeconds: 60)
    let almost = try it.check(it.certificate, it.issuer, at: Timestamp(seconds: now.seconds + 359))
    let after = try it.check(it.certificate, it.issuer, at: Timestamp(seconds: now.seconds + 361))
    #expect(!almost.isExpired && after.isExpired)
    #expect(throws: IdentityError.self) {
        try it.check(it.certificate, it.issuer, at: Timestamp(seconds: now.seconds - 3901))
    }
}

@Test func `only the current row lets a node in, by key, ticket and serial`() throws {
    let it = Fixture()
    var random = SecureGenerator()
    let found = try it.check(it.certificate, it.issuer)
    var row = Node()
    row.id = it.node
    row.key = it.key.publicKey.bytes
    row.serial = it.serial
    row.ticket = Handle(random: &random)
    try found.check(against: row, handle: row.ticket, at: now)
    #expect(throws: IdentityError.notListed("node")) { try found.check(against: nil, handle: row.ticket, at: now) }
    #expect(throws: IdentityError.notListed("ticket")) {
        try found.check(against: row, handle: Handle(random: &random), at: now)
    }
    var renewed = row
    renewed.serial = Serial(random: &random)
    #expect(throws: IdentityError.notListed("serial")) {
        try found.check(against: renewed, handle: row.ticket, at: now)
    }
    renewed.previousSerial = it.serial
    renewed.previousUntil = now
    try found.check(against: renewed, handle: row.ticket, at: now)
    #expect(throws: IdentityError.notListed("serial")) {
        try found.check(against: renewed, handle: row.ticket, at: Timestamp(seconds: now.seconds + 1))
    }
    row.key = AgreementKey(random: &random).publicKey.bytes
    #expect(throws: IdentityError.notListed("key")) { try found.check(against: row, handle: row.ticket, at: now) }
}

@Test func `a token reads as it was written, in any case, and shows nothing when printed`() throws {
    var random = SecureGenerator()
    let it = Fixture()
    let digest = Root.digest(clusterID: it.cluster, rootKey: it.root.publicKey)
    let token = JoinSecret(role: .manager, rootDigest: digest, random: &random)
    let text = bytes(token.text())
    #expect(text.count == 145 && String(decoding: text, as: UTF8.self).hasPrefix("CNCLT-1-m-"))
    for shown in [text, Array(String(decoding: text, as: UTF8.self).lowercased().utf8) + [10]] {
        let read = try unsafe Bytes(shown).withUnsafeBytes { try unsafe JoinSecret(parsing: $0) }
        #expect(read.role == .manager && read.rootDigest == digest && read.handle == token.handle)
        #expect(read.secret == token.secret && read.sharedKey == token.sharedKey)
    }
    #expect(token.description == "CNCLT-1-m-…\(token.handle.short)")
    for place in 0..<text.count {
        var wrong = text
        wrong[place] = wrong[place] == UInt8(ascii: "7") ? UInt8(ascii: "8") : UInt8(ascii: "7")
        #expect(throws: IdentityError.self, "character \(place)") {
            try unsafe Bytes(wrong).withUnsafeBytes { _ = try unsafe JoinSecret(parsing: $0) }
        }
    }
    for text in ["", "SWMTKN-1-x", "CNCLT-2-w-0", "CNCLT-1-x-0", "CNCLT-1-w-0"] {
        #expect(throws: IdentityError.self) {
            try unsafe Bytes(utf8: text).withUnsafeBytes { _ = try unsafe JoinSecret(parsing: $0) }
        }
    }
}

@Test func `an enrolment is signed by its token, for its keys`() throws {
    var random = SecureGenerator()
    let token = JoinSecret(role: .worker, rootDigest: .zero, random: &random)
    var enrol = Enrol()
    enrol.key = AgreementKey(random: &random).publicKey.bytes
    enrol.sign(by: token)
    try enrol.check(tokenKey: token.signingKey.publicKey.bytes)
    var other = enrol
    other.key = AgreementKey(random: &random).publicKey.bytes
    #expect(throws: IdentityError.self) { try other.check(tokenKey: token.signingKey.publicKey.bytes) }
}

@Test func `a ticket's key follows from its handle and the link key alone`() {
    var random = SecureGenerator()
    let linkKey = Random.secret(32, from: &random)
    let handle = Handle(random: &random)
    #expect(LinkTicket(handle: handle, linkKey: linkKey).key == LinkTicket(handle: handle, linkKey: linkKey).key)
    #expect(
        LinkTicket(handle: Handle(random: &random), linkKey: linkKey).key
            != LinkTicket(handle: handle, linkKey: linkKey).key)
}

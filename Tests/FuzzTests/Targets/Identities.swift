import Bytes
import Model
import Primitives
import Wire

@testable import Identity

extension FuzzTarget {
    /// A chain of certificates: the first byte says whether the input is the two of them, or a body that the issuing
    /// key or the root has signed.
    ///
    /// Nobody who has no key adds to what is believed; and whoever has one is held to its form.
    static let certificate = FuzzTarget(
        name: "certificate",
        seeds: {
            let fixture = Chain.fixture
            return [
                Bytes([0] + Input.piece(fixture.node) + fixture.issuer.array),
                Bytes([1] + fixture.body(of: fixture.node).array), Bytes([2] + fixture.body(of: fixture.issuer).array),
            ]
        },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            let fixture = Chain.fixture
            switch input.byte() % 3 {
            case 0:
                let node = input.piece()
                let issuer = input.remainder()
                guard fixture.check(node, issuer) != nil else { return }
                try Broken.unless(node == fixture.node && issuer == fixture.issuer, "a forged chain is believed")
            case 1:
                let body = input.remainder()
                guard let node = fixture.check(fixture.sign(body, fixture.issuing), fixture.issuer) else { return }
                let said = try? CertificateBody.decode(body)
                try Broken.unless(said?.encoded() == body, "a body that is not canonical is believed")
                try Broken.unless(
                    said?.clusterID == fixture.cluster && said?.usage == CertificateBody.linkUsage
                        && node.nodeID != .none && said?.key == node.key.bytes,
                    "a certificate for another use is believed")
            default:
                let body = input.remainder()
                guard fixture.check(fixture.node, fixture.sign(body, fixture.root)) != nil else { return }
                let said = try? CertificateBody.decode(body)
                try Broken.unless(
                    said?.usage == CertificateBody.issuingUsage && said?.signingKey == fixture.issuing.publicKey.bytes,
                    "an issuing certificate for another use is believed")
            }
        })

    /// A join token: the first byte says whether the input is its text or what is in it.
    ///
    /// What is read as a token is the text of that token, but for the case, O for 0, I and L for 1 and white space.
    static let token = FuzzTarget(
        name: "token",
        variants: 7,
        seeds: {
            [Bytes([1] + (0..<80).map { UInt8($0) }), Bytes([3])]
                + [UInt8(0), 1].map { kind in
                    let text = token(kind, Bytes([UInt8](repeating: 9, count: 80))).text()
                    return unsafe text.borrow { unsafe Bytes([0] + [UInt8]($0)) }
                }
        },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            let kind = input.byte()
            guard kind & 1 == 0 else {
                let token = token(kind >> 1, input.bytes(80))
                try Broken.unless(same(token, try? JoinSecret(parsing: token.text())), "a token is not read again")
                return
            }
            let text = input.remainder()
            guard let token = try? unsafe text.withUnsafeBytes({ try unsafe JoinSecret(parsing: $0) }) else { return }
            let written = token.text()
            let canonical = unsafe written.borrow { unsafe [UInt8]($0) }
            try Broken.unless(normal(text) == canonical, "a text that is no token's is read as \(token)")
            try Broken.unless(same(token, try? JoinSecret(parsing: written)), "a token is not read again")
        })

    private static func token(_ kind: UInt8, _ content: Bytes) -> JoinSecret {
        let bytes = Bytes(content.array + [UInt8](repeating: 0, count: 80 - content.count))
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe JoinSecret(
                role: kind & 1 == 0 ? .worker : .manager,
                rootDigest: Digest(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<32])),
                handle: Handle(bytes: UnsafeRawBufferPointer(rebasing: bytes[32..<48])),
                secret: SecretBox(SecretBytes(copying: UnsafeRawBufferPointer(rebasing: bytes[48...]))))
        }
    }

    private static func same(_ left: JoinSecret, _ right: JoinSecret?) -> Bool {
        left.role == right?.role && left.rootDigest == right?.rootDigest && left.handle == right?.handle
            && left.secret == right?.secret
    }

    /// The text as `JoinSecret.text` would write it, if it is a token's at all: the head has a small letter.
    private static func normal(_ text: Bytes) -> [UInt8] {
        let trimmed = text.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed()
        return trimmed.enumerated().map { place, unit in
            let upper = (0x61...0x7a).contains(unit) ? unit - 0x20 : unit
            if place == 8 { return upper | 0x20 }
            guard place >= 10 else { return upper }
            switch upper {
            case UInt8(ascii: "O"): return UInt8(ascii: "0")
            case UInt8(ascii: "I"), UInt8(ascii: "L"): return UInt8(ascii: "1")
            default: return upper
            }
        }
    }
}

/// A cluster's root, the issuing key of one manager and a node, the same in every run.
private struct Chain {
    static let fixture = Chain()
    static let now = Timestamp(seconds: 1_800_000_000)

    let cluster = ClusterID(high: 1, low: 2)
    let root: SigningKey
    let issuing: SigningKey
    let issuer: Bytes
    let node: Bytes

    private init() {
        var random = Generator(seed: 1)
        root = SigningKey(random: &random)
        issuing = SigningKey(random: &random)
        let validity = Validity(from: Self.now, seconds: 7 * 86_400)
        issuer = Root.certify(
            issuingKey: issuing.publicKey, of: NodeID(high: 3, low: 4), clusterID: cluster,
            serial: Serial(high: 5, low: 6), epoch: 1, validity: validity, root: root)
        node = issuing.certify(
            node: NodeID(high: 7, low: 8), role: .worker, key: AgreementKey(random: &random).publicKey,
            clusterID: cluster, serial: Serial(high: 9, low: 10), epoch: 1, validity: validity)
    }

    func check(_ node: Bytes, _ issuer: Bytes) -> CertifiedNode? {
        try? Anchor(clusterID: cluster, rootKey: root.publicKey)
            .check(certificate: node, issuer: issuer, at: Self.now)
    }

    func body(of certificate: Bytes) -> Bytes { (try? Certificate.decode(certificate))?.body ?? Bytes() }

    func sign(_ body: Bytes, _ key: SigningKey) -> Bytes {
        var certificate = Certificate()
        certificate.body = body
        certificate.issuerKeyID = KeyID.of(key.publicKey)
        certificate.signature = key.sign(body, prefix: Certificate.prefix)
        return certificate.encoded()
    }
}

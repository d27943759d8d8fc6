import Bytes
import Model
import Wire

/// Times the codec on the messages that are coded most: nanoseconds per message, the best of several rounds.
///
/// Not a test: no number here is right or wrong. Run it in release before and after a change to the codec.
@main
struct Main {
    static func main() throws {
        let body = Bytes([UInt8](repeating: 7, count: 200))
        try measure("Entry", Entry(term: Term(3), index: Index(1_000_000), body: body, sealed: body))
        try measure("HardState", HardState(term: Term(3), vote: MemberID(2), commit: Index(1_000_000)))
        try measure("Proposal", proposal(body))
        try measure("Heartbeat", heartbeat())
        try measure("Service", service())
    }

    private static func heartbeat() -> Heartbeat {
        var generator = Generator(seed: 1)
        return generator.message(Heartbeat.self)
    }

    private static func proposal(_ body: Bytes) -> Proposal {
        var spec = SecretSpec()
        spec.name = "db-password"
        spec.labels = ["env": "production", "team": "storage"]
        var create = CreateSecret()
        create.spec = spec
        var proposal = Proposal()
        proposal.command = .createSecret(create)
        return proposal
    }

    private static func service() -> Service {
        var generator = Generator(seed: 7)
        return generator.message(Service.self)
    }

    private static func measure<M: Message>(_ name: String, _ message: M) throws {
        let encoded = message.encoded()
        var sum = 0
        let encode = best { sum &+= message.encoded().count }
        let decode = try best { sum &+= try M.decode(encoded) == M() ? 1 : 0 }
        precondition(sum > 0, "nothing was coded")
        print("\(name): \(encoded.count) bytes, encode \(encode) ns, decode \(decode) ns")
    }

    private static func best(_ body: () throws -> Void) rethrows -> Int64 {
        let clock = ContinuousClock()
        var best = Int64.max
        for _ in 0..<8 {
            let time = try clock.measure { for _ in 0..<20_000 { try body() } }
            best = min(best, time.components.attoseconds / 20_000 / 1_000_000_000)
        }
        return best
    }
}

import Bytes
import Model
import Seams

/// What stands before a manager's port: how many strangers may knock, in a while and at once, and which openings were
/// seen before.
///
/// A bucket for each address, so that one of them can't keep the others out. A repeated opening is dropped before it
/// costs an agreement: two generations are remembered, of half a minute or 8192 openings each.
struct Gate {
    /// Connections a second from one address, and how many at once.
    static let rate = 50.0
    static let burst = 200.0
    static let mostAddresses = 4096
    /// Handshakes under way from one address.
    static let mostOpening = 64
    static let rememberedOpenings = 8192
    static let generation = Duration.seconds(30)

    private struct Source {
        var tokens: Double
        var at: Moment
        var opening = 0
    }

    private var sources: [String: Source] = [:]
    private var current: Set<Bytes> = []
    private var previous: Set<Bytes> = []
    private var turned: Moment?

    /// Whether a connection may begin; `settled` says that it opened or ended.
    mutating func admits(_ address: SocketAddress, at now: Moment) -> Bool {
        guard case .tcp(let host, _) = address else { return true }
        if sources.count > Self.mostAddresses { sources = sources.filter { $0.value.opening > 0 } }
        var source = sources[host] ?? Source(tokens: Self.burst, at: now)
        source.tokens = min(Self.burst, source.tokens + Double((now - source.at).milliseconds) / 1000 * Self.rate)
        source.at = now
        let isAdmitted = source.tokens >= 1 && source.opening < Self.mostOpening
        if isAdmitted {
            source.tokens -= 1
            source.opening += 1
        }
        sources[host] = source
        return isAdmitted
    }

    mutating func settled(_ address: SocketAddress) {
        guard case .tcp(let host, _) = address, let opening = sources[host]?.opening, opening > 0 else { return }
        sources[host]?.opening = opening - 1
    }

    /// Whether an opening's ephemeral key is new; remembers it.
    mutating func isFresh(_ ephemeral: Bytes, at now: Moment) -> Bool {
        if now - (turned ?? now) >= Self.generation || current.count >= Self.rememberedOpenings {
            previous = current
            current = []
            turned = now
        }
        turned = turned ?? now
        guard !previous.contains(ephemeral) else { return false }
        return current.insert(ephemeral.copied()).inserted
    }
}

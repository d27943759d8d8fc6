import Foundation

/// Hosts in network namespaces of their own, behind one switch that is a namespace too.
///
/// A bridge in the machine's own namespace would be subject to its firewall. Names are unique, so that two runs don't meet.
final class TestNetwork: Sendable {
    let count: Int
    private let prefix = "cnclt-\(UUID().uuidString.prefix(6).lowercased())"
    private var hub: String { "\(prefix)-sw" }

    /// Hosts 1 to `count`. What was made is removed again if one can't be.
    init(hosts count: Int) throws {
        self.count = count
        do {
            try ip("netns", "add", hub)
            try ip("-n", hub, "link", "add", "br0", "type", "bridge")
            try ip("-n", hub, "link", "set", "br0", "up")
            for host in 1...count {
                try ip("netns", "add", namespace(host))
                try ip(
                    "link", "add", "eth0", "netns", namespace(host), "type", "veth", "peer", "name", "p\(host)",
                    "netns", hub)
                try ip("-n", hub, "link", "set", "p\(host)", "master", "br0", "up")
                try ip("-n", namespace(host), "addr", "add", "\(address(host))/24", "dev", "eth0")
                try ip("-n", namespace(host), "link", "set", "eth0", "up")
                try ip("-n", namespace(host), "link", "set", "lo", "up")
            }
        } catch {
            tearDown()
            throw error
        }
    }

    func namespace(_ host: Int) -> String { "\(prefix)-h\(host)" }
    func address(_ host: Int) -> String { "10.213.0.\(10 + host)" }

    /// Cuts a host off from all others, without a word to either end.
    func cut(_ host: Int) throws { try ip("-n", hub, "link", "set", "p\(host)", "down") }
    func heal(_ host: Int) throws { try ip("-n", hub, "link", "set", "p\(host)", "up") }

    func tearDown() {
        for name in (1...count).map(namespace) + [hub] { _ = try? run("/usr/sbin/ip", ["netns", "del", name]) }
    }

    private func ip(_ words: String...) throws {
        let finished = try run("/usr/sbin/ip", words)
        guard finished.code == 0 else { throw Trouble("ip \(words.joined(separator: " ")): \(finished.all)") }
    }
}

import Glibc
import Linux
import Model

/// Hosts in network namespaces of their own, behind one switch that is a namespace too.
///
/// Names hold this process's number, so that two runs don't meet.
final class Hosts {
    let count: Int
    private let loop: Loop
    private let prefix = "cnclb-\(getpid())"
    private var hub: String { "\(prefix)-sw" }

    /// Hosts 1 to `count`. What was made is removed again if one can't be.
    init(_ loop: Loop, count: Int) throws(Failure) {
        self.loop = loop
        self.count = count
        do throws(Failure) {
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
    func address(_ host: Int) -> String { "10.214.0.\(10 + host)" }

    func cut(_ host: Int) throws(Failure) { try ip("-n", hub, "link", "set", "p\(host)", "down") }
    func heal(_ host: Int) throws(Failure) { try ip("-n", hub, "link", "set", "p\(host)", "up") }

    func tearDown() {
        for name in (1...count).map(namespace) + [hub] { try? ip("netns", "del", name) }
    }

    private func ip(_ words: String...) throws(Failure) {
        try loop.runToEnd(["/usr/sbin/ip"] + words)
    }
}

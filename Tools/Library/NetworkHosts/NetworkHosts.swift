/// Hosts in network namespaces of their own, behind one switch that is a namespace too.
///
/// A bridge in the machine's own namespace would be subject to its firewall.
package final class NetworkHosts<E: Error> {
    /// Runs `/usr/sbin/ip` with these words to its end.
    package typealias IP = ([String]) throws(E) -> Void

    package let count: Int
    private let prefix: String
    private let subnet: String
    private let run: IP
    private var hub: String { "\(prefix)-sw" }

    /// Hosts 1 to `count`. What was made is removed again if one can't be.
    ///
    /// - Parameters:
    ///   - prefix: what the names of the namespaces begin with, unique, so that two runs don't meet.
    ///   - subnet: three numbers of an address.
    package init(_ prefix: String, subnet: String, count: Int, ip run: @escaping IP) throws(E) {
        self.prefix = prefix
        self.subnet = subnet
        self.count = count
        self.run = run
        do throws(E) {
            try ip("netns", "add", hub)
            try ip("-n", hub, "link", "add", "br0", "type", "bridge")
            try ip("-n", hub, "link", "set", "br0", "up")
            for host in 1...count { try make(host) }
        } catch {
            tearDown()
            throw error
        }
    }

    private func make(_ host: Int) throws(E) {
        let name = namespace(host)
        try ip("netns", "add", name)
        try ip("link", "add", "eth0", "netns", name, "type", "veth", "peer", "name", "p\(host)", "netns", hub)
        try ip("-n", hub, "link", "set", "p\(host)", "master", "br0", "up")
        try ip("-n", name, "addr", "add", "\(address(host))/24", "dev", "eth0")
        try ip("-n", name, "link", "set", "eth0", "up")
        try ip("-n", name, "link", "set", "lo", "up")
    }

    package func namespace(_ host: Int) -> String { "\(prefix)-h\(host)" }
    package func address(_ host: Int) -> String { "\(subnet).\(10 + host)" }

    /// Cuts a host off from all others, without a word to either end.
    package func cut(_ host: Int) throws(E) { try ip("-n", hub, "link", "set", "p\(host)", "down") }
    package func heal(_ host: Int) throws(E) { try ip("-n", hub, "link", "set", "p\(host)", "up") }

    package func tearDown() {
        for name in (1...count).map(namespace) + [hub] { try? ip("netns", "del", name) }
    }

    private func ip(_ words: String...) throws(E) { try run(words) }
}

import Model
import Wire

/// One condition on the node that a task runs on, such as `node.labels.zone==a`. Compared without regard to case.
package struct Constraint: Equatable, Sendable {
    package enum Key: Equatable, Sendable {
        case id, hostname, role, os, architecture
        /// The node's address, or a network that it is in.
        case address(AddressRange)
        case label(String)
        case engineLabel(String)
        /// Matches no node, as in Swarm.
        case unknown
    }

    package var key: Key
    package var isEqual: Bool
    package var value: String

    /// - Throws: `invalid` with Swarm's sentences.
    package init(_ text: String) throws(Failure) {
        let units = Array(text.utf8)
        var found: Int?
        for place in units.indices.dropLast() where units[place + 1] == UInt8(ascii: "=") {
            guard units[place] == UInt8(ascii: "=") || units[place] == UInt8(ascii: "!") else { continue }
            found = place
            break
        }
        guard let found else { throw Failure(.invalid, "constraint expected one operator from ==, !=") }
        let key = Self.trimmed(units[..<found])
        let value = Self.trimmed(units[(found + 2)...])
        let keyUnits = Array(key.utf8)
        guard keyUnits.count > 1, let first = keyUnits.first, first == 0x5f || Names.isAlphanumeric(first),
            !(0x30...0x39).contains(first),
            keyUnits.allSatisfy({ Names.isAlphanumeric($0) || "-_.".utf8.contains($0) })
        else { throw Failure(.invalid, "key '\(key)' is invalid") }
        guard !value.isEmpty,
            value.utf8.allSatisfy({ Names.isAlphanumeric($0) || ":-_ .*()?+[]\\^$|/".utf8.contains($0) })
        else { throw Failure(.invalid, "value '\(value)' is invalid") }
        isEqual = units[found] == UInt8(ascii: "=")
        self.value = value.folded
        switch key.folded {
        case "node.id": self.key = .id
        case "node.hostname": self.key = .hostname
        case "node.role": self.key = .role
        // What is no address is that of no node.
        case "node.ip": self.key = AddressRange(value).map { .address($0) } ?? .unknown
        case "node.platform.os": self.key = .os
        case "node.platform.arch": self.key = .architecture
        case let folded where folded.hasPrefix("node.labels."): self.key = .label(String(key.dropFirst(12)))
        case let folded where folded.hasPrefix("engine.labels."): self.key = .engineLabel(String(key.dropFirst(14)))
        default: self.key = .unknown
        }
    }

    private static func trimmed(_ units: ArraySlice<UInt8>) -> String {
        var units = units
        while units.first == 0x20 { units.removeFirst() }
        while units.last == 0x20 { units.removeLast() }
        return String(decoding: units, as: UTF8.self)
    }

    package func matches(_ node: Node) -> Bool {
        let actual: String
        switch key {
        case .id: actual = node.id.description
        case .hostname: actual = node.description?.hostname ?? ""
        case .role: actual = node.role == .manager ? "manager" : "worker"
        case .os: actual = node.description?.os ?? ""
        case .architecture: actual = node.description?.architecture ?? ""
        case .label(let name): actual = node.spec?.labels[name] ?? ""
        case .engineLabel(let name): actual = node.description?.attributes[name] ?? ""
        case .address(let range):
            guard let address = IPAddress(endpoint: node.status?.address ?? "") else { return !isEqual }
            return range.contains(address) == isEqual
        case .unknown: return false
        }
        return (actual.folded == value) == isEqual
    }
}

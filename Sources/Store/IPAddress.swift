/// An address of IPv4 or IPv6, by its bytes.
package struct IPAddress: Equatable, Sendable {
    /// 4 or 16.
    let bytes: [UInt8]

    init?(_ text: some StringProtocol) {
        let found = text.utf8.contains(0x3a) ? Self.version6(text) : Self.version4(text)
        guard let found else { return nil }
        bytes = found
    }

    /// Of `10.0.0.1:7377` or `[fe80::1]:7377`; the port may be absent.
    init?(endpoint: String) {
        if endpoint.hasPrefix("["), let end = endpoint.firstIndex(of: "]") {
            self.init(endpoint[endpoint.index(after: endpoint.startIndex)..<end])
        } else if endpoint.utf8.count(where: { $0 == 0x3a }) == 1, let colon = endpoint.firstIndex(of: ":") {
            self.init(endpoint[..<colon])
        } else {
            self.init(endpoint)
        }
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt8($0) : nil }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    /// Eight groups, of which one run of zeros may be left out as `::`.
    private static func version6(_ text: some StringProtocol) -> [UInt8]? {
        var rest = String(text)[...]
        var groups: [UInt16] = []
        var gap: Int?
        if rest.hasPrefix("::") {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty, groups.count < 8 {
            let digits = rest.prefix { $0 != ":" }
            guard (1...4).contains(digits.utf8.count), let group = UInt16(digits, radix: 16), digits.first != "+" else {
                return nil
            }
            groups.append(group)
            rest = rest.dropFirst(digits.count)
            if rest.hasPrefix("::") {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix(":") {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        guard rest.isEmpty, gap == nil ? groups.count == 8 : groups.count < 8 else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - groups.count)
        groups.insert(contentsOf: zeros, at: gap ?? groups.count)
        return groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }
}

/// One address, or all that begin with the same bits: `10.0.0.0/8`.
package struct AddressRange: Equatable, Sendable {
    private let address: IPAddress
    private let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let most = address.bytes.count * 8
        guard let bits = parts.count == 2 ? Int(parts[1]) : most, (0...most).contains(bits) else { return nil }
        self.address = address
        self.bits = bits
    }

    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        return (0..<bits).allSatisfy { bit in
            let mask: UInt8 = 0x80 >> (bit % 8)
            return address.bytes[bit / 8] & mask == other.bytes[bit / 8] & mask
        }
    }
}

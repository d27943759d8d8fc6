import Model

/// The form of an image's name: `host:port/path/name:tag@algorithm:digest`, of which only the name is needed.
enum ImageName {
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= StoreLimits.imageBytes else { return false }
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, !isDigest(parts[1]) { return false }
        var components = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard let last = components.popLast() else { return false }
        let named = last.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if named.count == 2, !isTag(named[1]) { return false }
        if components.count > 0, isHost(components[0]) { components.removeFirst() }
        return isComponent(named[0]) && components.allSatisfy(isComponent)
    }

    /// Small letters and digits, with single separators between them.
    private static func isComponent(_ text: Substring) -> Bool {
        let units = text.utf8
        guard let first = units.first, let last = units.last, isSmall(first), isSmall(last) else { return false }
        return units.allSatisfy { isSmall($0) || "-_.".utf8.contains($0) } && !text.contains("..")
    }

    /// Only what looks like a host is one: the first part of `library/nginx` is not.
    private static func isHost(_ text: Substring) -> Bool {
        guard text == "localhost" || text.utf8.contains(where: { $0 == 0x2e || $0 == 0x3a }) else { return false }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 1 || UInt16(parts[1]) != nil, let first = parts[0].utf8.first else { return false }
        return Names.isAlphanumeric(first)
            && parts[0].utf8.allSatisfy { Names.isAlphanumeric($0) || $0 == 0x2d || $0 == 0x2e }
    }

    private static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (Names.isAlphanumeric(first) || first == 0x5f)
            && text.utf8.allSatisfy { Names.isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func isDigest(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[0].utf8.first, Names.isAlphanumeric(first) else { return false }
        return parts[1].utf8.count >= 32
            && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isSmall(_ unit: UInt8) -> Bool { (0x30...0x39).contains(unit) || (0x61...0x7a).contains(unit) }
}

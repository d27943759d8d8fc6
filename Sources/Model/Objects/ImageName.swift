/// The name of an image, as people write it: `[host[:port]/]repository[:tag][@algorithm:digest]`.
public struct ImageName: Hashable, Sendable {
    /// With the registry's host, if there is one.
    public var repository: String
    /// `latest` when neither tag nor digest is given.
    public var tag: String?
    /// `sha256:…`; what it names never changes.
    public var digest: String?

    /// Parts any text; whether it has the form of a name is asked of `isValid`.
    public init(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        digest = parts.count == 2 ? String(parts[1]) : nil
        let name = parts.first ?? ""
        // A colon before the last slash is that of the registry's port.
        let last = name.lastIndex(of: "/") ?? name.startIndex
        if let colon = name[last...].lastIndex(of: ":") {
            repository = String(name[..<colon])
            tag = String(name[name.index(after: colon)...])
        } else {
            repository = String(name)
            tag = digest == nil ? "latest" : nil
        }
    }

    /// What the engine is asked for: the digest counts where there is one.
    public var reference: String {
        digest.map { "\(repository)@\($0)" } ?? "\(repository):\(tag ?? "latest")"
    }

    /// An image as the user named it, with a digest behind it unless it has one, or `digest` is empty.
    public static func pinned(_ image: String, _ digest: String) -> String {
        digest.isEmpty || ImageName(image).digest != nil ? image : "\(image)@\(digest)"
    }

    /// What names Docker's own registry.
    public static let usualRegistry = "docker.io"

    /// The host, and the port if there is one, of the registry that has it.
    public var registry: String {
        guard let slash = repository.firstIndex(of: "/"), Self.isHost(repository[..<slash]) else {
            return Self.usualRegistry
        }
        return String(repository[..<slash])
    }

    /// Of the engine's digests of an image, that of this repository; engines write the registry's name in full, or leave
    /// out the usual one.
    public func digest(among digests: [String]) -> String? {
        func name(_ entry: String) -> Substring { entry.prefix { $0 != "@" } }
        return digests.first { Self.familiar(name($0)) == Self.familiar(repository[...]) }
            ?? digests.first { name($0).hasSuffix("/" + repository) } ?? digests.first
    }

    /// A repository without what is usual.
    private static func familiar(_ repository: Substring) -> Substring {
        var short = repository
        for usual in ["\(usualRegistry)/", "library/"] where short.hasPrefix(usual) { short.removeFirst(usual.count) }
        return short
    }
}

// MARK: - Form

extension ImageName {
    public var isValid: Bool {
        var components = repository.split(separator: "/", omittingEmptySubsequences: false)
        if components.count > 1, Self.isHost(components[0]) { components.removeFirst() }
        return components.allSatisfy(Self.isComponent) && tag.map(Self.isTag) ?? true
            && digest.map(Self.isDigest) ?? true
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
        return isAlphanumeric(first)
            && parts[0].utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2d || $0 == 0x2e }
    }

    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isAlphanumeric(first) || first == 0x5f)
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    /// `algorithm:` and at least 32 digits, at most 256 bytes in all.
    public static func isDigest(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard text.utf8.count <= 256, parts.count == 2, let first = parts[0].utf8.first, isAlphanumeric(first) else {
            return false
        }
        return parts[0].utf8.allSatisfy { isAlphanumeric($0) || "+-_.".utf8.contains($0) } && parts[1].utf8.count >= 32
            && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    private static func isSmall(_ unit: UInt8) -> Bool { (0x30...0x39).contains(unit) || (0x61...0x7a).contains(unit) }
    private static func isAlphanumeric(_ unit: UInt8) -> Bool { isSmall(unit) || (0x41...0x5a).contains(unit) }
}

/// The name of an image, as people write it: `[registry/]repository[:tag][@algorithm:digest]`.
struct ImageName: Equatable {
    /// With the registry's name, if there is one.
    var repository: String
    /// `latest` when neither tag nor digest is given.
    var tag: String?
    /// `sha256:…`; what it names never changes.
    var digest: String?

    init(_ text: String) {
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
    var reference: String {
        digest.map { "\(repository)@\($0)" } ?? "\(repository):\(tag ?? "latest")"
    }

    /// Of the engine's digests of an image, that of this repository; engines write the registry's name in full.
    func digest(among digests: [String]) -> String? {
        digests.first { entry in
            let name = entry.prefix { $0 != "@" }
            return name == repository || name.hasSuffix("/" + repository)
        } ?? digests.first
    }
}

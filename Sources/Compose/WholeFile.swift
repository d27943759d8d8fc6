/// Writes merged files as one that says the same wherever it is read: its paths begin at the root, and no `$` begins a
/// variable.
struct WholeFile {
    let context: StackContext

    /// - Parameter path: where the node stands; an item of a list stands where the list does.
    func rewritten(_ node: YAMLNode, path: [String] = []) -> YAMLNode {
        var node = node
        switch node.content {
        case .scalar(let scalar):
            let text = Interpolation.escape(scalar.isNull ? scalar.text : rewritten(scalar.text, path))
            node.content = .scalar(Scalar(text, isPlain: scalar.isPlain))
        case .sequence(let items):
            node.content = .sequence(items.map { rewritten($0, path: path) })
        case .mapping(var mapping):
            // The source of a volume is a name, that of a bind mount a path.
            let prefix = if case .scalar(let type)? = mapping["type"]?.content { "\(type.text)." } else { "" }
            for pair in mapping.pairs {
                mapping.set(pair.key, rewritten(pair.value, path: path + [prefix + pair.key]), at: pair.mark)
            }
            node.content = .mapping(mapping)
        }
        return node
    }

    private func rewritten(_ text: String, _ path: [String]) -> String {
        switch (path.first, path.dropFirst(2).joined(separator: ".")) {
        case ("secrets", "file"), ("configs", "file"), ("services", "env_file"), ("services", "env_file.path"),
            ("services", "volumes.bind.source"):
            return context.absolute(text)
        case ("services", "volumes"):
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].hasPrefix(".") else { return text }
            return "\(context.absolute(String(parts[0]))):\(parts[1])"
        default: return text
        }
    }
}

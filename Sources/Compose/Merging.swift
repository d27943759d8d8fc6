/// Puts one stack file over another, as several `-c` ask for.
///
/// Mappings are merged key by key. A list that names things by a key (a variable, a target) is merged by that key; a
/// command is replaced as a whole; any other list gets what is new. Nothing at all changes no mapping and no list.
/// `!override` replaces what was there, `!reset` removes it.
enum Merging {
    static func merge(_ base: YAMLNode, _ over: YAMLNode, path: [String] = []) -> YAMLNode {
        let rule = rule(path)
        guard over.tag != "!override", rule != .replace else { return cleared(over) }
        let base = rule.normal(base)
        switch (base.content, rule.normal(over).content) {
        case (.mapping(let left), .mapping(let right)):
            return YAMLNode(.mapping(merge(left, right, path)), base.mark)
        case (.sequence(let left), .sequence(let right)):
            return YAMLNode(.sequence(merge(left, cleared(right), rule)), base.mark)
        case (.mapping, .scalar(let scalar)) where scalar.isNull, (.sequence, .scalar(let scalar)) where scalar.isNull:
            return base
        default: return cleared(over)
        }
    }

    private static func merge(_ left: YAMLMapping, _ right: YAMLMapping, _ path: [String]) -> YAMLMapping {
        var result = left
        var removed: Set<String> = []
        for pair in right.pairs {
            if pair.value.tag == "!reset" {
                removed.insert(pair.key)
            } else if let before = result.pair(pair.key) {
                let merged = merge(before.value, pair.value, path: path + [pair.key])
                // A key stands where its value comes from.
                result.set(pair.key, merged, at: merged.mark == pair.value.mark ? pair.mark : before.mark)
            } else {
                result.set(pair.key, cleared(pair.value), at: pair.mark)
            }
        }
        return removed.isEmpty ? result : result.filter { !removed.contains($0.key) }
    }

    /// What is left of a file of its own: `!reset` has nothing to remove, `!override` nothing to replace.
    static func cleared(_ node: YAMLNode) -> YAMLNode {
        var node = node
        if node.tag == "!override" { node.tag = "" }
        switch node.content {
        case .scalar: break
        case .sequence(let items): node.content = .sequence(cleared(items))
        case .mapping(let mapping):
            var kept = mapping.filter { $0.value.tag != "!reset" }
            for pair in kept.pairs { kept.set(pair.key, cleared(pair.value), at: pair.mark) }
            node.content = .mapping(kept)
        }
        return node
    }

    private static func cleared(_ items: [YAMLNode]) -> [YAMLNode] {
        items.filter { $0.tag != "!reset" }.map(cleared)
    }

    // MARK: - Lists

    private enum Rule: Equatable {
        case append, replace
        /// One text alone stands for a list of it.
        case texts
        /// A list of `KEY=value` stands for a mapping.
        case pairs
        /// A list of names stands for a mapping of nothing.
        case names
        /// A mapping stands for a list of `key=value`: a key may be there twice.
        case lines
        /// Items are the same when the first of these keys that both have is equal; a text stands for its target.
        case keyed([String])

        /// The one of several forms of a value in which it can be merged.
        func normal(_ node: YAMLNode) -> YAMLNode {
            switch (self, node.content) {
            case (.pairs, .sequence(let items)) where items.allSatisfy(\.isScalar):
                YAMLNode(.mapping(Merging.pairs(Merging.cleared(items))), node.mark)
            case (.names, .sequence(let items)) where items.allSatisfy(\.isScalar):
                YAMLNode(.mapping(Merging.names(Merging.cleared(items))), node.mark)
            case (.lines, .mapping(let mapping)): YAMLNode(.sequence(Merging.lines(mapping)), node.mark)
            case (.texts, .scalar(let scalar)) where !scalar.isNull: YAMLNode(.sequence([node]), node.mark)
            default: node
            }
        }
    }

    private static func rule(_ path: [String]) -> Rule {
        guard path.count >= 3, path[0] == "services" else { return path.last == "labels" ? .pairs : .append }
        switch path.dropFirst(2).joined(separator: ".") {
        case "environment", "labels", "annotations", "deploy.labels", "sysctls": return .pairs
        case "extra_hosts": return .lines
        case "env_file", "tmpfs", "dns", "dns_search", "label_file": return .texts
        case "networks": return .names
        case "command", "entrypoint", "healthcheck.test": return .replace
        case "secrets", "configs": return .keyed(["target", "source"])
        case "volumes": return .keyed(["target"])
        default: return .append
        }
    }

    private static func merge(_ left: [YAMLNode], _ right: [YAMLNode], _ rule: Rule) -> [YAMLNode] {
        guard case .keyed(let keys) = rule else {
            let known = Set(left)
            return left + right.filter { !known.contains($0) }
        }
        var result = left
        var places: [String: Int] = [:]
        for (place, item) in left.enumerated() { if let key = identity(item, keys) { places[key] = place } }
        for item in right {
            let key = identity(item, keys)
            if let place = key.flatMap({ places[$0] }) {
                result[place] = merge(result[place], item)
            } else {
                if let key { places[key] = result.count }
                result.append(item)
            }
        }
        return result
    }

    private static func identity(_ item: YAMLNode, _ keys: [String]) -> String? {
        switch item.content {
        case .scalar(let scalar):
            // A volume's short form has its target second; a secret's short form is its source and target.
            let parts = scalar.text.split(separator: ":", omittingEmptySubsequences: false)
            return String(parts.count > 1 ? parts[1] : parts[0])
        case .mapping(let mapping):
            for key in keys { if case .scalar(let scalar)? = mapping[key]?.content { return scalar.text } }
            return nil
        case .sequence: return nil
        }
    }

    // MARK: - Forms

    /// `KEY=value` items as a mapping; without `=` the value is nothing.
    static func pairs(_ items: [YAMLNode]) -> YAMLMapping {
        var mapping = YAMLMapping()
        for item in items {
            guard case .scalar(let scalar) = item.content else { continue }
            let parts = scalar.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? Scalar(String(parts[1]), isPlain: false) : .null
            mapping.set(String(parts[0]), YAMLNode(.scalar(value), item.mark), at: item.mark)
        }
        return mapping
    }

    private static func names(_ items: [YAMLNode]) -> YAMLMapping {
        var mapping = YAMLMapping()
        for item in items {
            guard case .scalar(let scalar) = item.content else { continue }
            mapping.set(scalar.text, YAMLNode(.scalar(.null), item.mark), at: item.mark)
        }
        return mapping
    }

    /// Each value, or each of a list of them, as `key=value`; what is neither stays as it is.
    static func lines(_ mapping: YAMLMapping) -> [YAMLNode] {
        mapping.pairs.flatMap { pair -> [YAMLNode] in
            let values = if case .sequence(let items) = pair.value.content { items } else { [pair.value] }
            return values.map { value in
                guard case .scalar(let scalar) = value.content else { return value }
                return YAMLNode(.scalar(Scalar("\(pair.key)=\(scalar.text)", isPlain: false)), value.mark)
            }
        }
    }
}

/// Puts one stack file over another, as several `-c` ask for.
///
/// Mappings are merged key by key. A list that names things by a key (a variable, a target) is merged by that key; a
/// command is replaced as a whole; any other list gets what is new. `!override` replaces what was there, `!reset`
/// removes it.
enum Merging {
    static func merge(_ base: YAMLNode, _ over: YAMLNode, path: [String] = []) -> YAMLNode {
        if over.tag == "!override" { return cleared(over) }
        switch (base.content, over.content) {
        case (.mapping(let left), .mapping(let right)):
            return YAMLNode(.mapping(merge(left, right, path)), base.mark)
        case (.sequence(let left), .sequence(let right)):
            switch rule(path) {
            case .replace: return over
            case .pairs: return YAMLNode(.mapping(merge(pairs(left), pairs(right), path)), base.mark)
            case .keyed(let keys): return YAMLNode(.sequence(merge(left, right, by: keys)), base.mark)
            case .append: return YAMLNode(.sequence(left + right.filter { !left.contains($0) }), base.mark)
            }
        case (.sequence(let left), .mapping(let right)) where rule(path) == .pairs:
            return YAMLNode(.mapping(merge(pairs(left), right, path)), base.mark)
        case (.mapping(let left), .sequence(let right)) where rule(path) == .pairs:
            return YAMLNode(.mapping(merge(left, pairs(right), path)), base.mark)
        default: return over
        }
    }

    private static func merge(_ left: YAMLMapping, _ right: YAMLMapping, _ path: [String]) -> YAMLMapping {
        var result = left
        for pair in right.pairs {
            if pair.value.tag == "!reset" {
                result.remove(pair.key)
            } else if let before = result[pair.key] {
                result.set(pair.key, merge(before, pair.value, path: path + [pair.key]), at: pair.mark)
            } else {
                result.set(pair.key, cleared(pair.value), at: pair.mark)
            }
        }
        return result
    }

    /// What is left of a file of its own: `!reset` has nothing to remove, `!override` nothing to replace.
    static func cleared(_ node: YAMLNode) -> YAMLNode {
        var node = node
        if node.tag == "!override" { node.tag = "" }
        switch node.content {
        case .scalar: break
        case .sequence(let items): node.content = .sequence(items.filter { $0.tag != "!reset" }.map(cleared))
        case .mapping(var mapping):
            for pair in mapping.pairs {
                if pair.value.tag == "!reset" {
                    mapping.remove(pair.key)
                } else {
                    mapping.set(pair.key, cleared(pair.value), at: pair.mark)
                }
            }
            node.content = .mapping(mapping)
        }
        return node
    }

    // MARK: Lists

    private enum Rule: Equatable {
        case append, replace, pairs
        /// Items are the same when the first of these keys that both have is equal; a text stands for its target.
        case keyed([String])
    }

    private static func rule(_ path: [String]) -> Rule {
        guard path.count >= 3, path[0] == "services" else { return path.last == "labels" ? .pairs : .append }
        switch path.dropFirst(2).joined(separator: ".") {
        case "environment", "labels", "extra_hosts", "deploy.labels", "sysctls": return .pairs
        case "command", "entrypoint", "healthcheck.test": return .replace
        case "secrets", "configs": return .keyed(["target", "source"])
        case "volumes": return .keyed(["target"])
        default: return .append
        }
    }

    /// `KEY=value` items as a mapping; without `=` the value is nothing.
    static func pairs(_ items: [YAMLNode]) -> YAMLMapping {
        var mapping = YAMLMapping()
        for item in items {
            guard case .scalar(let scalar) = item.content else { continue }
            let parts = scalar.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? Scalar(String(parts[1]), isPlain: false) : Scalar("", isPlain: true)
            mapping.set(String(parts[0]), YAMLNode(.scalar(value), item.mark), at: item.mark)
        }
        return mapping
    }

    private static func merge(_ left: [YAMLNode], _ right: [YAMLNode], by keys: [String]) -> [YAMLNode] {
        var result = left
        for item in right {
            if let key = identity(item, keys), let place = result.firstIndex(where: { identity($0, keys) == key }) {
                result[place] = merge(result[place], item)
            } else {
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
}

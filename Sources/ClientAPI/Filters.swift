import Model
import Wire

/// Filters of a list: values of one key are alternatives, keys must all match.
struct Filters {
    let filters: [Filter]

    /// - Parameter choices: by key the values that can match at all; any, where it says nothing.
    /// - Throws: `Failure` when a key is not one of `known`, or a value none of its choices.
    init(_ filters: [Filter], known: [String], choices: [String: [String]] = [:]) throws(Failure) {
        self.filters = filters
        for filter in filters where !known.contains(filter.key) {
            throw Failure(
                .invalid, "invalid filter '\(filter.key)'", try: "use one of: \(known.joined(separator: ", "))")
        }
        for filter in filters {
            guard let choices = choices[filter.key],
                let value = filter.values.first(where: { !choices.contains($0.lowercased()) })
            else { continue }
            throw Failure(
                .invalid, "invalid filter '\(filter.key)=\(value)'",
                try: "use one of: \(choices.joined(separator: ", "))")
        }
    }

    /// Whether an object passes; `values` gives its values of a key that can be compared as text.
    func accept(id: String, name: String, labels: StringMap?, _ values: (String) -> String? = { _ in nil }) -> Bool {
        let labels = Labels(labels)
        for filter in filters {
            let isMatch = filter.values.contains { wanted in
                switch filter.key {
                case "id": id.hasPrefix(wanted)
                case "name": name.lowercased().hasPrefix(wanted.lowercased())
                case "label", "node.label": labels.match(wanted)
                default: values(filter.key)?.lowercased() == wanted.lowercased()
                }
            }
            if !isMatch { return false }
        }
        return true
    }
}

/// Labels as a filter sees them: `key` matches whatever its value, `key=value` only that one.
private struct Labels {
    private let pairs: [StringMap.Pair]

    init(_ labels: StringMap?) { pairs = labels?.pairs ?? [] }

    func match(_ wanted: String) -> Bool {
        let parts = wanted.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let pair = pairs.first(where: { $0.key == parts[0] }) else { return false }
        return parts.count == 1 || parts[1].isEmpty || pair.value == parts[1]
    }
}

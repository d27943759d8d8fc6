import Model
import Text

/// `key=value` fields with commas between them, as Docker's long options have: a field in double quotes may hold
/// commas, and `""` in it is one quote.
struct PairFields {
    /// In order; a field without `=` has no value.
    private(set) var pairs: [(key: String, value: String?)] = []

    /// - Throws: `invalid` for a quote that is not closed, or nothing at all.
    init(_ text: String, of flag: String) throws(Failure) {
        var field = ""
        var isQuoted = false
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                field.append("\"")
                rest.removeFirst()
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                take(field)
                field = ""
            default: field.append(character)
            }
        }
        guard !isQuoted, !text.isEmpty else {
            throw Failure(.invalid, "invalid argument \"\(text.printable)\" for \"--\(flag)\" flag: it can't be read")
        }
        take(field)
    }

    private mutating func take(_ field: String) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        pairs.append((parts[0].lowercased(), parts.count == 2 ? parts[1] : nil))
    }
}

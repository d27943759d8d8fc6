import Model
import Text

/// Splits a text into words as a shell does: blanks separate, quotes and backslashes join. Nothing is expanded.
enum ShellWords {
    /// - Throws: `invalid` for a quote that is not closed.
    static func split(_ text: String, of flag: String) throws(Failure) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var rest = text[...]
        while let character = rest.popFirst() {
            switch (character, quote) {
            case ("\\", nil), ("\\", "\""):
                guard let next = rest.popFirst() else { throw unfinished(text, flag) }
                // Within double quotes only these need one.
                let isMeant = quote == nil || next == "\"" || next == "\\"
                word = (word ?? "") + (isMeant ? String(next) : "\\\(next)")
            case (_, let open?) where character == open: quote = nil
            case ("'", nil), ("\"", nil):
                quote = character
                word = word ?? ""
            case (_, nil) where character.isWhitespace:
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw unfinished(text, flag) }
        if let word { words.append(word) }
        return words
    }

    private static func unfinished(_ text: String, _ flag: String) -> Failure {
        Failure(
            .invalid,
            "invalid argument \"\(text.printable)\" for \"--\(flag)\" flag: a quote or backslash is not closed")
    }
}

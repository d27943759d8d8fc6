/// Splits a line into words as a shell would, without any of its other powers.
enum ShellWords {
    /// `nil`: a quote does not end, or a backslash ends the line.
    static func split(_ line: String) -> [String]? {
        var words: [String] = []
        var word = String.UnicodeScalarView()
        var isInWord = false
        var quote: Unicode.Scalar?
        var isEscaped = false
        for scalar in line.unicodeScalars {
            if isEscaped {
                isEscaped = false
                // The line goes on in the next one.
                if scalar == "\n" { continue }
                // In double quotes a backslash stands for itself but before these.
                if quote == "\"", !"\"\\$`".unicodeScalars.contains(scalar) { word.append("\\") }
                word.append(scalar)
                isInWord = true
            } else if scalar == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if scalar == open { quote = nil } else { word.append(scalar) }
            } else if scalar == "'" || scalar == "\"" {
                quote = scalar
                isInWord = true
            } else if scalar.properties.isWhitespace {
                if isInWord { words.append(String(word)) }
                (word, isInWord) = (String.UnicodeScalarView(), false)
            } else {
                word.append(scalar)
                isInWord = true
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        if isInWord { words.append(String(word)) }
        return words
    }
}

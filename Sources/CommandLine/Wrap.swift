/// Breaks text at spaces.
enum Wrap {
    /// Lines of at most `width` columns; a word that is longer stands alone.
    static func lines(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }

    /// Paragraphs, which empty lines part. Indented lines stay as they are.
    static func paragraphs(_ text: String, width: Int) -> String {
        var output: [String] = []
        var paragraph: [Substring] = []
        func flush() {
            if !paragraph.isEmpty { output += lines(paragraph.joined(separator: " "), width: width) }
            paragraph = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty || line.hasPrefix(" ") {
                flush()
                output.append(String(line))
            } else {
                paragraph.append(line)
            }
        }
        flush()
        return output.joined(separator: "\n")
    }

    /// `head`, then `text` from column `indent` on; on a line of its own if the head is too long.
    static func hanging(_ head: String, _ text: String, indent: Int, width: Int) -> String {
        let pad = String(repeating: " ", count: indent)
        let body = lines(text, width: max(20, width - indent)).joined(separator: "\n" + pad)
        if head.count + 2 > indent { return head + "\n" + pad + body }
        return head + String(repeating: " ", count: indent - head.count) + body
    }
}

extension JSON {
    /// The value on one line, without spaces.
    package var text: String {
        var output = ""
        write(to: &output, indent: nil)
        return output
    }

    /// The value as `inspect` prints it: four spaces a level, no newline at the end.
    package var indentedText: String {
        var output = ""
        write(to: &output, indent: 0)
        return output
    }

    /// `indent`: the level of this value; `nil` writes everything on one line.
    private func write(to output: inout String, indent: Int?) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += "\(value)"
        case .number(let value): output += JSON.literal(value)
        case .string(let value): JSON.quote(value, to: &output)
        case .array(let values):
            JSON.list("[", "]", values.count, &output, indent) { place, output, indent in
                values[place].write(to: &output, indent: indent)
            }
        case .object(let object):
            JSON.list("{", "}", object.count, &output, indent) { place, output, indent in
                JSON.quote(object.keys[place], to: &output)
                output += indent == nil ? ":" : ": "
                object.values[place].write(to: &output, indent: indent)
            }
        }
    }

    private static func list(
        _ open: String, _ close: String, _ count: Int, _ output: inout String, _ indent: Int?,
        _ element: (Int, inout String, Int?) -> Void
    ) {
        output += open
        for place in 0..<count {
            if place > 0 { output += "," }
            if let indent { output += "\n" + String(repeating: " ", count: 4 * (indent + 1)) }
            element(place, &output, indent.map { $0 + 1 })
        }
        if let indent, count > 0 { output += "\n" + String(repeating: " ", count: 4 * indent) }
        output += close
    }

    static func literal(_ value: Double) -> String {
        precondition(value.isFinite, "JSON has no \(value)")
        let text = "\(value)"
        // "-0" would be read as an integer, which has no such zero.
        return text.hasSuffix(".0") && text != "-0.0" ? String(text.dropLast(2)) : text
    }

    private static func quote(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            // The two separators end a line in JavaScript, and the last is a terminal's to interpret.
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

extension String {
    /// The text with control characters and what reorders a line escaped, so that no name can move the cursor.
    package var printable: String {
        guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
        var output = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where scalar.isUnprintable && scalar.value < 0x100:
                output += (scalar.value < 16 ? "\\x0" : "\\x") + String(scalar.value, radix: 16)
            case _ where scalar.isUnprintable:
                output += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    /// Columns that the text takes on a terminal.
    package var displayWidth: Int { unicodeScalars.reduce(0) { $0 + $1.displayWidth } }

    /// At most `count` scalars; the last place of a cut text is an ellipsis when `dots`.
    package func truncated(to count: Int, dots: Bool = true) -> String {
        guard unicodeScalars.count > count else { return self }
        guard dots, count > 0 else { return String(unicodeScalars.prefix(count)) }
        return String(unicodeScalars.prefix(count - 1)) + "…"
    }

    /// At most `count` columns of a terminal; the last place of a cut text is an ellipsis.
    package func truncated(toColumns count: Int) -> String {
        guard displayWidth > count else { return self }
        var (kept, columns) = (UnicodeScalarView(), 0)
        for scalar in unicodeScalars {
            columns += scalar.displayWidth
            if columns >= count { break }
            kept.append(scalar)
        }
        return String(kept) + (count > 0 ? "…" : "")
    }

    /// A task's error as `service ps` shows it: quoted, cut at 30 scalars unless `full`; nothing for none.
    package func quotedError(full: Bool = false) -> String {
        if isEmpty { return "" }
        return "\"" + (full ? printable : printable.truncated(to: 30)) + "\""
    }
}

extension Unicode.Scalar {
    var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }

    /// 0 for what combines with the scalar before it, 2 for East Asian wide forms and pictures, else 1.
    var displayWidth: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

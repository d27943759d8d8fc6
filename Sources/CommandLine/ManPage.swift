extension Command {
    /// The manual page of the whole program in roff, for section 1; one part for each command.
    package func manualPage(version: String) -> String {
        var page = ".TH \(name.uppercased()) 1 \"\" \"\(Self.escaped(name)) \(Self.escaped(version))\"\n"
        page += ".SH NAME\n\(Self.escaped(name)) \\- \(Self.escaped(summary))\n"
        page += ".SH SYNOPSIS\n.B \(Self.escaped(name))\n[OPTIONS] COMMAND\n"
        page += ".SH OPTIONS\n" + Self.roff(flags)
        page += ".SH COMMANDS\n"
        visit(path: name) { path, command in
            guard command.action != nil else { return }
            page += ".SS \(Self.escaped(command.usageLine(path)))\n"
            let text = command.discussion.isEmpty ? command.summary + "." : command.discussion
            page += text.split(separator: "\n").map { Self.escaped(String($0)) }.joined(separator: "\n.PP\n") + "\n"
            page += Self.roff(command.flags)
            for example in command.examples {
                page += ".PP\n\(Self.escaped(example.note)):\n.PP\n.EX\n    \(Self.escaped(example.line))\n.EE\n"
            }
        }
        return page
    }

    private static func roff(_ flags: [Flag]) -> String {
        flags.sorted { $0.name < $1.name }.map { flag in
            let short = flag.short.map { "\\-\($0), " } ?? ""
            let value = flag.placeholder.isEmpty ? "" : " \\fI\(flag.placeholder)\\fR"
            return ".TP\n\\fB\(short)\\-\\-\(escaped(flag.name))\\fR\(value)\n\(escaped(flag.helpText))\n"
        }.joined()
    }

    /// With what roff would take for a command made plain.
    private static func escaped(_ text: String) -> String {
        var output = ""
        for character in text {
            switch character {
            case "\\": output += "\\e"
            case "-": output += "\\-"
            default: output.append(character)
            }
        }
        return output.first == "." || output.first == "'" ? "\\&" + output : output
    }
}

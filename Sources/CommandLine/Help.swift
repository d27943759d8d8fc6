extension Command {
    /// `conclave secret ls [OPTIONS]`.
    package func usageLine(_ path: String) -> String {
        if action == nil { return path + (commands.isEmpty ? "" : " COMMAND") }
        var words = [path]
        if !flags.isEmpty { words.append("[OPTIONS]") }
        return (words + arguments.map(\.usage)).joined(separator: " ")
    }

    /// The text of `--help`, in lines of at most `width` columns, the last one ended by a newline.
    func help(path: String, program: Command, width: Int) -> String {
        var sections = ["Usage:  \(usageLine(path))"]
        sections.append(Wrap.paragraphs(discussion.isEmpty ? summary : discussion, width: width))
        if !aliases.isEmpty {
            let stem = path.split(separator: " ").dropLast().joined(separator: " ")
            sections.append("Aliases:\n  " + ([name] + aliases).map { "\(stem) \($0)" }.joined(separator: ", "))
        }
        if !examples.isEmpty {
            let lines = examples.map { example in
                Wrap.lines(example.note, width: width - 4).map { "  # \($0)" }.joined(separator: "\n")
                    + "\n  $ " + example.line
            }
            sections.append("Examples:\n" + lines.joined(separator: "\n\n"))
        }
        let isProgram = path == program.name
        if !flags.isEmpty {
            sections.append((isProgram ? "Global Options:\n" : "Options:\n") + Self.table(flags, width: width))
        }
        if !isProgram, !program.flags.isEmpty {
            sections.append("Global Options:\n" + Self.table(program.flags, width: width))
        }
        if !commands.isEmpty {
            let widest = commands.map(\.name.count).max() ?? 0
            let lines = commands.map { command in
                Wrap.hanging("  " + command.name, command.summary, indent: widest + 5, width: width)
            }
            sections.append("Commands:\n" + lines.joined(separator: "\n"))
            sections.append("Run '\(path) COMMAND --help' for more information on a command.")
        }
        return sections.joined(separator: "\n\n") + "\n"
    }

    private static func table(_ flags: [Flag], width: Int) -> String {
        let sorted = flags.sorted { $0.name < $1.name }
        let heads = sorted.map { flag in
            (flag.short.map { "  -\($0), " } ?? "      ") + "--" + flag.name
                + (flag.placeholder.isEmpty ? "" : " " + flag.placeholder)
        }
        // A head that is longer than this gets a line of its own, so that the text keeps its room.
        let indent = min((heads.map(\.count).max() ?? 0) + 3, 34)
        return zip(sorted, heads).map { flag, head in
            Wrap.hanging(head, flag.helpText, indent: indent, width: width)
        }.joined(separator: "\n")
    }
}

extension Flag {
    /// The help with what else is known: words, default, variable.
    var helpText: String {
        var text = help
        var notes: [String] = []
        if case .choice(let words) = value { notes.append(words.map { "\"\($0)\"" }.joined(separator: ", ")) }
        if !standard.isEmpty { notes.append("default \(value == .text ? "\"\(standard)\"" : standard)") }
        if !variable.isEmpty { notes.append("or $\(variable)") }
        if !notes.isEmpty { text += " (\(notes.joined(separator: "; ")))" }
        return text
    }
}

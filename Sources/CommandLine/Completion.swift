/// A shell whose completion can be written.
package enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish
}

extension Command {
    /// A script that completes this program's commands and options in `shell`.
    package func completion(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        // zsh runs bash's completions through its own adapter.
        case .zsh: "#compdef \(name)\nautoload -U +X bashcompinit && bashcompinit\n" + bash
        case .fish: fish
        }
    }

    private var bash: String {
        var cases = ""
        visit(path: name) { path, command in
            let names = command.commands.map(\.name)
            let flags = (command.flags + (path == name ? [] : self.flags)).map { "--" + $0.name } + ["--help"]
            cases += "        \"\(path)\") words=\"\((names + flags).joined(separator: " "))\" ;;\n"
        }
        let valued = allFlags.filter(\.takesValue).flatMap { flag in
            ["--\(flag.name)"] + (flag.short.map { ["-\($0)"] } ?? [])
        }
        var seen: [String] = []
        for flag in valued where !seen.contains(flag) { seen.append(flag) }
        var deeper = ""
        visit(path: name) { path, command in
            for inner in command.commands {
                let spelled = ([inner.name] + inner.aliases).map { "\"\(path) \($0)\"" }.joined(separator: "|")
                deeper += "            \(spelled)) path=\"\(path) \(inner.name)\" ;;\n"
            }
        }
        return """
            # bash completion for \(name)
            _\(name)() {
                local path="\(name)" words="" word skip=""
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    if [ -n "$skip" ]; then skip=""; continue; fi
                    case "$word" in
                        --) return ;;
                        \(seen.joined(separator: "|"))) skip=yes; continue ;;
                        -*) continue ;;
                    esac
                    case "$path $word" in
            \(deeper)        esac
                done
                case "$previous" in
                    \(seen.joined(separator: "|"))) COMPREPLY=($(compgen -f -- "$current")); return ;;
                esac
                case "$path" in
            \(cases)    esac
                COMPREPLY=($(compgen -W "$words" -- "$current"))
                [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
            }
            complete -o filenames -F _\(name) \(name)

            """
    }

    private var fish: String {
        var lines = "# fish completion for \(name)\n"
        func quoted(_ text: String) -> String {
            "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "'"
        }
        visit(path: name) { path, command in
            let names = path.split(separator: " ").dropFirst()
            let inner = command.commands.map(\.name).joined(separator: " ")
            var condition = names.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
            if condition.isEmpty { condition = "true" }
            let choice = inner.isEmpty ? condition : condition + "; and not __fish_seen_subcommand_from \(inner)"
            for next in command.commands {
                lines += "complete -c \(name) -f -n \(quoted(choice)) -a \(next.name) -d \(quoted(next.summary))\n"
            }
            for flag in command.flags {
                lines += "complete -c \(name) -n \(quoted(condition)) -l \(flag.name)"
                if let short = flag.short { lines += " -s \(short)" }
                lines += (flag.takesValue ? " -r" : "") + " -d \(quoted(flag.help))\n"
            }
        }
        return lines
    }

    /// Every command below this one and itself, with its names from the program on.
    func visit(path: String, _ body: (String, Command) -> Void) {
        body(path, self)
        for command in commands { command.visit(path: path + " " + command.name, body) }
    }

    private var allFlags: [Flag] { flags + commands.flatMap(\.allFlags) }
}

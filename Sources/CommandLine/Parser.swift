extension Command {
    /// Understands a command line; this is the program.
    ///
    /// Options of the program are understood anywhere before `--`, and before the arguments of a command that hands its
    /// arguments on. `-it` is `-i -t`; `-lx` and `-l=x` are `-l x`; `--x=y` is `--x y`; a lone `-` is an argument.
    ///
    /// - Parameter environment: what a variable holds.
    /// - Throws: `UsageError` in Docker's words.
    package func parse(
        _ words: [String], environment: (String) -> String? = { _ in nil }, width: Int = 80
    ) throws(UsageError) -> Outcome<Action> {
        var parser = Parser(program: self, words: words[...])
        return try parser.parse(environment, width: width)
    }
}

/// One walk along a command line.
private struct Parser<Action> {
    let program: Command<Action>
    var command: Command<Action>
    var path: String
    var words: ArraySlice<String>
    var said: [String: [String]] = [:]
    var arguments: [String] = []
    var wantsHelp = false
    var beforeDashes: Int?

    init(program: Command<Action>, words: ArraySlice<String>) {
        self.program = program
        command = program
        path = program.name
        self.words = words
    }

    mutating func parse(
        _ environment: (String) -> String?, width: Int
    ) throws(UsageError) -> Outcome<Action> {
        walk: while let word = words.popFirst() {
            if word == "--" {
                beforeDashes = arguments.count
                arguments += words
                break
            }
            if word.hasPrefix("--") {
                try long(String(word.dropFirst(2)))
            } else if word.hasPrefix("-"), word != "-" {
                try group(word)
            } else if !command.commands.isEmpty {
                try descend(word)
            } else {
                arguments.append(word)
                if command.endsOptionsEarly {
                    // What follows belongs to somebody else; one `--` only says so.
                    if words.first == "--" { words.removeFirst() }
                    arguments += words
                    break walk
                }
            }
        }
        if command.action == nil, let first = arguments.first { throw unknownCommand(first) }
        // A group of commands alone shows what is in it.
        if wantsHelp || command.action == nil {
            return .help(command.help(path: path, program: program, width: width))
        }
        try checkCount()
        return .run(
            Parsed(
                command: command, path: path, arguments: arguments,
                beforeDashes: beforeDashes ?? arguments.count, said: said,
                standards: try standards(environment)))
    }

    // MARK: - Commands and arguments

    private mutating func descend(_ word: String) throws(UsageError) {
        // `conclave help secret ls` is `conclave secret ls --help`.
        if word == "help", path == program.name, command.command(named: word) == nil {
            wantsHelp = true
            return
        }
        guard let next = command.command(named: word) else { throw unknownCommand(word) }
        command = next
        path += " " + next.name
    }

    private func unknownCommand(_ word: String) -> UsageError {
        let near = NearestName.find(word, in: command.commands.flatMap { [$0.name] + $0.aliases })
        return failure("unknown command: \(path) \(word)", try: near.map { "\(path) \($0)" } ?? "")
    }

    private func checkCount() throws(UsageError) {
        let least = command.arguments.reduce(0) { $0 + $1.least }
        let most = command.arguments.reduce(Int?(0)) { sum, argument in
            if let sum, let most = argument.most { sum + most } else { nil }
        }
        let count = arguments.count
        func plural(_ count: Int) -> String { count == 1 ? "1 argument" : "\(count) arguments" }
        if let most, most == least, count != most {
            throw failure(
                most == 0 ? "'\(path)' accepts no arguments" : "'\(path)' requires \(plural(most))")
        }
        if count < least { throw failure("'\(path)' requires at least \(plural(least))") }
        if let most, count > most { throw failure("'\(path)' requires at most \(plural(most))") }
    }

    // MARK: - Options

    private var known: [Flag] { command.flags + (path == program.name ? [] : program.flags) }

    private mutating func long(_ word: String) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts[0] == "help" {
            wantsHelp = true
            return
        }
        guard let flag = known.first(where: { $0.answers(to: parts[0]) }) else {
            if let refusal = refusal(of: parts[0], as: "--\(parts[0])") { throw refusal }
            let near = NearestName.find(parts[0], in: known.map(\.name) + ["help"])
            throw failure("unknown flag: --\(parts[0])", try: near.map { "--\($0)" } ?? "")
        }
        if parts.count == 2 { return try take(flag, parts[1]) }
        guard flag.takesValue else { return try take(flag, "true") }
        guard let value = words.popFirst() else { throw failure("flag needs an argument: --\(parts[0])") }
        try take(flag, value)
    }

    /// The error for an option that can't be had here.
    private func refusal(of name: String, as said: String) -> UsageError? {
        command.refused[name].map { failure("\(said) is not supported: \($0)") }
    }

    private mutating func group(_ word: String) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.popFirst() {
            if letter == "h", !known.contains(where: { $0.short == "h" }) {
                wantsHelp = true
                continue
            }
            guard let flag = known.first(where: { $0.short == letter }) else {
                if let refusal = refusal(of: String(letter), as: "-\(letter)") { throw refusal }
                throw failure("unknown shorthand flag: '\(letter)' in \(word)")
            }
            if letters.first == "=" {
                try take(flag, String(letters.dropFirst()))
                return
            }
            guard flag.takesValue else {
                try take(flag, "true")
                continue
            }
            if !letters.isEmpty {
                try take(flag, String(letters))
                return
            }
            guard let value = words.popFirst() else { throw failure("flag needs an argument: '\(letter)' in \(word)") }
            try take(flag, value)
        }
    }

    private mutating func take(_ flag: Flag, _ value: String) throws(UsageError) {
        if let complaint = flag.complaint(about: value) { throw invalid(value, flag, complaint) }
        if flag.isRepeatable {
            said[flag.name, default: []].append(value)
        } else {
            said[flag.name] = [value]
        }
    }

    private func standards(_ environment: (String) -> String?) throws(UsageError) -> [String: String] {
        var standards: [String: String] = [:]
        for flag in known {
            if !flag.variable.isEmpty, let value = environment(flag.variable), !value.isEmpty {
                if let complaint = flag.complaint(about: value) {
                    throw failure("invalid value \"\(value)\" of the variable \(flag.variable): \(complaint)")
                }
                standards[flag.name] = value
            } else if !flag.standard.isEmpty {
                standards[flag.name] = flag.standard
            }
        }
        return standards
    }

    private func invalid(_ value: String, _ flag: Flag, _ complaint: String) -> UsageError {
        let name = flag.short.map { "-\($0), --\(flag.name)" } ?? "--\(flag.name)"
        return failure("invalid argument \"\(value)\" for \"\(name)\" flag: \(complaint)")
    }

    private func failure(_ message: String, try advice: String = "") -> UsageError {
        UsageError(message, try: advice, path: path, usage: command.usageLine(path))
    }
}

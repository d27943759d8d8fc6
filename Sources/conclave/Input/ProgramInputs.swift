import Glibc
import Model
import Text

/// The small texts from which parts of a program are made.
enum ProgramInputs {
    /// `nofile=1024:2048`, or one number for both; -1: none.
    static func ulimit(_ text: String) throws(Failure) -> Ulimit {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw Failure(.invalid, "invalid ulimit argument: \(text.printable)") }
        let limits = parts[1].split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
        guard (1...2).contains(limits.count), let soft = limits[0], let hard = limits[limits.count - 1] else {
            throw Failure(.invalid, "invalid ulimit value: \(parts[1].printable)", try: "\(parts[0])=SOFT:HARD")
        }
        var ulimit = Ulimit()
        ulimit.name = parts[0].lowercased()
        ulimit.soft = soft
        ulimit.hard = hard
        return ulimit
    }

    /// `net_admin` as `CAP_NET_ADMIN`.
    static func capability(_ text: String) -> String {
        let name = text.uppercased()
        return name == "ALL" || name.hasPrefix("CAP_") ? name : "CAP_" + name
    }

    /// `name`, or `name=…,alias=…`.
    static func network(_ text: String) throws(Failure) -> NetworkAttachment {
        var attachment = NetworkAttachment()
        guard text.contains("=") else {
            attachment.network = text
            return attachment
        }
        for (key, value) in try PairFields(text, of: "network").pairs {
            switch (key, value) {
            case ("name", let value?): attachment.network = value
            case ("alias", let value?): attachment.aliases.append(value)
            default: throw Failure(.invalid, "invalid field key \(key.printable)")
            }
        }
        return attachment
    }

    /// `spread=node.labels.zone`: the label.
    static func preference(_ text: String) throws(Failure) -> String {
        guard text.lowercased().hasPrefix("spread=") else {
            throw Failure(
                .invalid, "invalid placement preference: \"\(text.printable)\"", try: "spread=node.labels.zone")
        }
        return String(text.dropFirst(7))
    }

    /// `host:ip` as a line of `/etc/hosts`: `ip host`.
    static func host(_ text: String) throws(Failure) -> String {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw Failure(.invalid, "bad format for add-host: \"\(text.printable)\"", try: "HOST:ADDRESS")
        }
        return "\(parts[1]) \(parts[0])"
    }

    // MARK: - Variables

    /// Variables of words `NAME=value`, or `NAME` for the one of this process; what is not set is left out.
    static func variables(_ words: [String]) -> [String] {
        words.compactMap { word in
            if word.contains("=") { return word }
            return unsafe getenv(word).map { unsafe "\(word)=\(String(cString: $0))" }
        }
    }

    /// Variables of files, then of words, which win.
    static func environment(files: [String], words: [String]) throws(Failure) -> [String] {
        var lines: [String] = []
        for file in files {
            for line in try ValueInput.lines(file).map({ $0.drop(while: \.isWhitespace) })
            where !line.isEmpty && !line.hasPrefix("#") {
                guard !name(String(line)).contains(where: \.isWhitespace) else {
                    throw Failure(
                        .invalid,
                        "poorly formatted environment: variable '\(name(String(line)).printable)' contains whitespaces",
                        why: "\(file.printable) has it", try: "NAME=value, one a line")
                }
                lines.append(String(line))
            }
        }
        return merged([], variables(lines + words))
    }

    /// `NAME=value` variables in the order in which they were first named; a later one of a name wins.
    static func merged(_ variables: [String], _ added: [String], without removed: [String] = []) -> [String] {
        var result = variables.filter { !removed.contains(name($0)) }
        for variable in added {
            if let place = result.firstIndex(where: { name($0) == name(variable) }) {
                result[place] = variable
            } else {
                result.append(variable)
            }
        }
        return result
    }

    private static func name(_ variable: String) -> String { String(variable.prefix { $0 != "=" }) }
}

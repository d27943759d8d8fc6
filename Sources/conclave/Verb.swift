import CommandLine

import struct Model.Failure

/// What carries out a command.
struct Handler: Sendable {
    /// Returns the exit code.
    let run: @Sendable (Session) throws(Failure) -> Int32
}

/// A command of this program. `Command` alone would be the log's, of `Model`.
typealias Verb = Command<Handler>

extension Command where Action == Handler {
    /// A command that `run` carries out.
    init(
        _ name: String, aliases: [String] = [], _ summary: String, discussion: String = "",
        examples: [Example] = [], flags: [Flag] = [], refused: [String: String] = [:], arguments: [Argument] = [],
        run: @escaping @Sendable (Session) throws(Failure) -> Int32
    ) {
        self.init(
            name, aliases: aliases, summary, discussion: discussion, examples: examples, flags: flags,
            arguments: arguments, action: Handler(run: run))
        self.refused = refused
    }
}

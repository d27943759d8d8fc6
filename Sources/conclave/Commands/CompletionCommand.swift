import CommandLine
import Model

/// `conclave completion`.
enum CompletionCommand {
    static let command: Verb = Verb(
        "completion", "Write a completion script, or the manual page",
        discussion: "Write a script that completes commands and options in a shell, or the manual page.",
        examples: [
            Example("conclave completion bash > /etc/bash_completion.d/conclave", "For bash"),
            Example("conclave completion man > /usr/local/share/man/man1/conclave.1", "The manual page"),
        ],
        arguments: [Argument("bash|zsh|fish|man")]
    ) { session throws(Failure) in
        let name = session.parsed.arguments[0]
        if name == "man" {
            session.put(Tree.program.manualPage(version: programVersion))
            return 0
        }
        guard let shell = Shell(rawValue: name) else {
            throw Failure(.invalid, "unknown shell \(name)", try: "bash, zsh, fish or man")
        }
        session.put(Tree.program.completion(for: shell))
        return 0
    }
}

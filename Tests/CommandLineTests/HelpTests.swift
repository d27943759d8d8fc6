import CommandLine
import Testing

private func help(_ line: String) throws -> String {
    guard case .help(let text) = try program.parse(line.split(separator: " ").map(String.init)) else {
        return "no help"
    }
    return text
}

@Test func `the help of a command fits eighty columns`() throws {
    #expect(
        try help("exec --help") == """
            Usage:  tool exec [OPTIONS] TASK PROGRAM [ARG...]

            Run a program in a task.

            What follows the task belongs to the program and is handed on as it is, whatever
            it looks like.

            Examples:
              # A shell
              $ tool exec -it web.1 sh

            Options:
              -e, --env list      Variable
              -i, --interactive   Hand on standard input
              -t, --tty           Give it a terminal

            Global Options:
              -H, --host string   Whom to ask (default "unix:///run/tool"; or $TOOL_HOST)
              -v, --verbose       Say more

            """)
}

@Test func `a group shows its commands, with and without --help`() throws {
    let expected = """
        Usage:  tool secret COMMAND

        Manage secrets

        Global Options:
          -H, --host string   Whom to ask (default "unix:///run/tool"; or $TOOL_HOST)
          -v, --verbose       Say more

        Commands:
          create   Create a secret
          ls       List secrets
          rm       Remove secrets

        Run 'tool secret COMMAND --help' for more information on a command.

        """
    for line in ["secret", "secret --help", "secret -h", "help secret"] {
        #expect(try help(line) == expected, "\(line)")
    }
}

@Test func `help names aliases and words`() throws {
    let text = try help("secret ls --help")
    #expect(text.contains("Aliases:\n  tool secret ls, tool secret list\n"))
    #expect(text.contains("--sort string   Order (\"name\", \"age\")\n"))
}

@Test func `completion and the manual page know every command and option`() {
    for shell in Shell.allCases {
        let script = program.completion(for: shell)
        for word in ["create", "exec", "quiet", "label"] { #expect(script.contains(word), "\(shell): \(word)") }
    }
    let page = program.manualPage(version: "1.0")
    #expect(page.hasPrefix(".TH TOOL 1 \"\" \"tool 1.0\"\n"))
    #expect(page.contains(".SS tool secret create [OPTIONS] SECRET [FILE|\\-]\n"))
    #expect(page.contains("\\fB\\-l, \\-\\-label\\fR \\fIlist\\fR\nLabel of the secret\n"))
}

import CommandLine
import Testing

private var withRefusals: Command<String> {
    var remove = Command("rm", "Remove secrets", arguments: [Argument("SECRET", .several)], action: "rm")
    remove.refused = ["force": "what is in use stays", "f": "what is in use stays"]
    return remove
}

/// A small program with a command of each kind.
let program = Command<String>(
    "tool", "Does what tools do",
    flags: [
        .text("host", "H", "string", "Whom to ask", standard: "unix:///run/tool", variable: "TOOL_HOST"),
        .truth("verbose", "v", "Say more"),
    ],
    commands: [
        Command(
            "secret", "Manage secrets",
            commands: [
                Command(
                    "create", "Create a secret",
                    flags: [
                        .list("label", "l", "list", "Label of the secret"), .number("keep", nil, "Versions to keep"),
                    ],
                    arguments: [Argument("SECRET"), Argument("FILE|-", .optional)], action: "create"),
                Command(
                    "ls", aliases: ["list"], "List secrets",
                    flags: [.truth("quiet", "q", "Show IDs only"), .choice("sort", nil, ["name", "age"], "Order")],
                    action: "ls"),
                withRefusals,
            ]),
        Command(
            "exec", "Run a program",
            discussion: "Run a program in a task.\n\nWhat follows the task belongs to the program and is handed on "
                + "as it is, whatever it looks like.",
            examples: [Example("tool exec -it web.1 sh", "A shell")],
            flags: [
                .truth("interactive", "i", "Hand on standard input"), .truth("tty", "t", "Give it a terminal"),
                .list("env", "e", "list", "Variable"),
            ],
            arguments: [Argument("TASK"), Argument("PROGRAM"), Argument("ARG", .rest)], action: "exec"),
    ])

func parse(_ line: String, environment: [String: String] = [:]) throws -> Parsed<String> {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let parsed) = try program.parse(words, environment: { environment[$0] }) else {
        throw UsageError("help")
    }
    return parsed
}

func complaint(_ line: String) -> UsageError {
    do {
        _ = try parse(line)
    } catch let error as UsageError {
        return error
    } catch {}
    return UsageError("understood")
}

@Test func `a command, its arguments and its options are found`() throws {
    let parsed = try parse("secret create -l a=b --label=c db - --keep 3")
    #expect(parsed.command.action == "create")
    #expect(parsed.path == "tool secret create")
    #expect(parsed.arguments == ["db", "-"])
    #expect(parsed.list("label") == ["a=b", "c"])
    #expect(parsed.number("keep") == 3)
    #expect(try parse("secret list").command.action == "ls")
}

@Test func `options of the program are understood anywhere before two dashes`() throws {
    for line in ["--host x secret ls", "secret --host x ls", "secret ls --host=x", "secret ls -Hx", "secret ls -H=x"] {
        #expect(try parse(line).text("host") == "x", "\(line)")
    }
    #expect(try parse("secret rm -- --host").arguments == ["--host"])
    #expect(try parse("secret ls").text("host") == "unix:///run/tool")
    #expect(try parse("secret ls", environment: ["TOOL_HOST": "y"]).text("host") == "y")
    #expect(try parse("secret ls -H z", environment: ["TOOL_HOST": "y"]).text("host") == "z")
}

@Test func `what follows the first argument of a command that hands on is handed on`() throws {
    let parsed = try parse("exec -it -e A=1 web.1 ls -l --host x")
    #expect(parsed.has("interactive") && parsed.has("tty"))
    #expect(parsed.list("env") == ["A=1"])
    #expect(parsed.arguments == ["web.1", "ls", "-l", "--host", "x"])
    #expect(try parse("exec web.1 -- ls -l").arguments == ["web.1", "ls", "-l"])
    #expect(try parse("exec -- web.1 ls -l").arguments == ["web.1", "ls", "-l"])
}

@Test func `a truth can be denied`() throws {
    #expect(!(try parse("secret ls --quiet=false").has("quiet")))
    #expect(try parse("secret ls -q").has("quiet"))
    #expect(!(try parse("secret ls -q --quiet=0").has("quiet")))
}

@Test(arguments: [
    ("secret ls --nope", "unknown flag: --nope", ""),
    ("secret ls --quite", "unknown flag: --quite", "--quiet"),
    ("secret ls -z", "unknown shorthand flag: 'z' in -z", ""),
    ("secret frobnicate", "unknown command: tool secret frobnicate", ""),
    ("secrt ls", "unknown command: tool secrt", "tool secret"),
    ("secret sl", "unknown command: tool secret sl", "tool secret ls"),
    ("secret create --label", "flag needs an argument: --label", ""),
    ("secret create -l", "flag needs an argument: 'l' in -l", ""),
    ("secret create", "'tool secret create' requires at least 1 argument", ""),
    ("secret create a b c", "'tool secret create' requires at most 2 arguments", ""),
    ("secret ls x", "'tool secret ls' accepts no arguments", ""),
    ("secret rm", "'tool secret rm' requires at least 1 argument", ""),
    ("exec web.1", "'tool exec' requires at least 2 arguments", ""),
    (
        "secret create --keep=-1 x",
        "invalid argument \"-1\" for \"--keep\" flag: strconv.ParseUint: parsing \"-1\": invalid syntax", ""
    ),
    (
        "secret create --keep 99999999999999999999 x",
        "invalid argument \"99999999999999999999\" for \"--keep\" flag: strconv.ParseUint: parsing "
            + "\"99999999999999999999\": value out of range", ""
    ),
    ("secret ls --sort size", "invalid argument \"size\" for \"--sort\" flag: must be one of \"name\", \"age\"", ""),
    (
        "secret ls -q=maybe",
        "invalid argument \"maybe\" for \"-q, --quiet\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
        ""
    ),
])
func `a line that is wrong is refused in Docker's words`(line: String, message: String, advice: String) {
    let error = complaint(line)
    #expect(error.message == message)
    #expect(error.advice == advice)
}

@Test func `a refusal says how it is written`() {
    #expect(
        complaint("secret rm").text(program: "tool") == """
            tool: 'tool secret rm' requires at least 1 argument

            Usage:  tool secret rm SECRET [SECRET...]

            Run 'tool secret rm --help' for more information

            """)
}

@Test func `a variable with a wrong value is named`() {
    #expect(throws: UsageError.self) {
        let bad = Command<String>(
            "x", "", flags: [], arguments: [], action: "")
        var flagged = bad
        var flag = Flag.number("count", nil, "Count")
        flag.variable = "COUNT"
        flagged.flags = [flag]
        _ = try flagged.parse([], environment: { _ in "many" })
    }
}

@Test func `an option that can't be had here is refused with the reason, and is none to help`() throws {
    #expect(complaint("secret rm --force a").message == "--force is not supported: what is in use stays")
    #expect(complaint("secret rm --force=x a").message == "--force is not supported: what is in use stays")
    #expect(complaint("secret rm -f a").message == "-f is not supported: what is in use stays")
    #expect(complaint("secret ls --force").message == "unknown flag: --force")
    guard case .help(let text) = try program.parse(["secret", "rm", "--help"]) else { throw UsageError("no help") }
    #expect(!text.contains("force"))
}

import CommandLine

/// The commands, for parsing and for help.
enum Tree {
    static let program = Command<Verb>(
        "wire", "What the protocol is, what a change of it breaks, and what was said",
        discussion: """
            Tools for who runs mixed versions of Conclave, or writes a client of it. The protocol is the folder proto/.
            Exit codes are those of conclave: 0 done, 1 something is wrong, 2 usage, 3 not found, 9 damaged bytes, 10 a \
            change breaks somebody.
            """,
        commands: [check, breaking, accept, dump, vectors])

    private static let check = Command<Verb>(
        "check", "Hold the code against proto/, both ways",
        discussion: """
            Compares what the messages of the code say of themselves with what proto/ declares: names, numbers, types, \
            labels, enums; the table of frame types in the code, in link.proto, in proto/README.md and in the comments; \
            numbers and names that are reserved; and proto/ with its baseline. Prints each difference and exits with 1 if \
            there is one. Needs protoc.
            """,
        action: .check)

    private static let breaking = Command<Verb>(
        "breaking", "Say what a change of the protocol breaks, for whom and why",
        discussion: """
            OLD and NEW are each a descriptor set (as protoc --descriptor_set_out writes it), a folder of .proto files, or \
            a commit, of which proto/ is taken. Exits with 10 if something breaks, else with 0. Remarks break nobody.
            """,
        examples: [
            Example("Tools/wire breaking proto/baseline.binpb proto", "What the working tree breaks"),
            Example("Tools/wire breaking HEAD~20 HEAD", "What the last twenty commits broke"),
        ],
        arguments: [Argument("OLD"), Argument("NEW")], action: .breaking)

    private static let accept = Command<Verb>(
        "accept", "Make the present protocol the baseline",
        discussion: """
            Writes proto/baseline.binpb. What breaks somebody is accepted with a reason only, which goes into \
            proto/baseline.md; both belong into the commit that changes proto/.
            """,
        flags: [.text("reason", nil, "text", "Why what breaks has to")], action: .accept)

    private static let dump = Command<Verb>(
        "dump", "Show a captured stream or a file as readable text",
        discussion: """
            FILE holds one direction of a connection, from its first byte on: frames, as they are on the unix socket and \
            inside a link. With --keys it is a link over TCP as it is on the wire, hello and handshake included, and the \
            key log of the test's client that captured it; no daemon writes one. With --message it is one encoded \
            message. A lone - is standard input. Secrets are shown by their length only.
            """,
        examples: [
            Example("Tools/wire dump --message SealedKeyring /var/lib/conclave/keyring", "One message"),
            Example("Tools/wire dump --keys link.keys link.dialler", "What a client said on its link"),
        ],
        flags: [
            .text("keys", nil, "file", "Key log of the link that was captured"),
            .text("message", nil, "name", "The file is one message of that name"),
        ],
        arguments: [Argument("FILE")], action: .dump)

    private static let vectors = Command<Verb>(
        "vectors", "Verify the frozen bytes of every message",
        discussion: """
            Holds the vectors in Tests/WireToolsTests/Golden against the code, then against Python's own protobuf (which is \
            installed into .build from PyPI). With --accept vectors for new messages and fields are added, and those that \
            no longer hold are dropped.
            """,
        flags: [.truth("accept", nil, "Add what is missing, drop what no longer holds")], action: .vectors)
}

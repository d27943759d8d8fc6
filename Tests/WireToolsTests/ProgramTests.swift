import Foundation
import TestSupport
import Testing

/// `wire` as a process: its help, its exit codes, where its words go.
@Suite(.enabled(if: isInstalled("protoc"), "protoc is not installed: apt install protobuf-compiler"))
struct ProgramTests {
    private struct Finished {
        var code: Int32
        var output: String
        var errors: String
    }

    private func wire(_ arguments: String..., input: Data? = nil) throws -> Finished {
        let process = Process()
        let (output, errors, standardInput) = (Pipe(), Pipe(), Pipe())
        process.executableURL = Repository.program("wire")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = standardInput
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: input ?? Data())
        try standardInput.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        let complained = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Finished(
            code: process.terminationStatus, output: String(decoding: said, as: UTF8.self),
            errors: String(decoding: complained, as: UTF8.self))
    }

    @Test func `help names every command, and each has its own`() throws {
        let all = try wire("--help")
        #expect(all.code == 0)
        for command in ["check", "breaking", "accept", "dump", "vectors"] {
            #expect(all.output.contains("\n  \(command) "))
            let one = try wire(command, "--help")
            #expect(one.code == 0 && one.output.hasPrefix("Usage:  wire \(command)"), "\(one)")
        }
        let unknown = try wire("dmup")
        #expect(unknown.code == 2 && unknown.errors.contains("try: wire dump"), "\(unknown)")
    }

    @Test func `check finds nothing, and says so on standard error`() throws {
        let finished = try wire("check")
        #expect(finished.code == 0 && finished.output.isEmpty, "\(finished)")
    }

    @Test func `breaking exits with 10 when something breaks`() throws {
        let temporary = TemporaryFolder("wire")
        let folder = temporary.url.appending(path: "proto")
        try FileManager.default.copyItem(at: Repository.root.appending(path: "proto"), to: folder)
        let baseline = Repository.root.appending(path: "proto/baseline.binpb").path
        let same = try wire("breaking", baseline, folder.path)
        #expect(same.code == 0 && same.errors == "wire: nothing breaks\n", "\(same)")

        let file = folder.appending(path: "session.proto")
        let text = try String(contentsOf: file, encoding: .utf8)
        let changed = text.replacing("uint64 applied = 2;", with: "string applied = 2;")
        #expect(changed != text)
        try Data(changed.utf8).write(to: file)
        let other = try wire("breaking", baseline, folder.path)
        #expect(other.code == 10, "\(other)")
        #expect(
            other.output == """
                breaking: Heartbeat.applied: field 2 was uint64 and is string
                    why: the other wire type makes it an unknown field: the value is lost without an error
                    whom: workers and the leader, in Heartbeat (frame type 35)

                """)
        #expect(other.errors == "wire: 1 change breaks somebody\n")
    }

    @Test func `what there is not is exit code 3, what is damaged 9`() throws {
        #expect(try wire("breaking", "no-such-thing", "HEAD").code == 3)
        #expect(try wire("dump", "/nonexistent").code == 3)
        #expect(try wire("dump", "--message", "Nothing", "-").code == 3)
        #expect(try wire("dump", "-", input: Data([1, 2, 3])).code == 9)
        let link = try wire("dump", "-", input: Data("CNCL".utf8))
        #expect(link.code == 2 && link.errors.contains("try: --keys FILE"), "\(link)")
        #expect(try wire("dump").code == 2)
    }

    @Test func `dump reads standard input and shows a message by its name`() throws {
        let finished = try wire("dump", "--message", "Ping", "-", input: Data([8, 5]))
        #expect(finished.code == 0 && finished.output == "number: 5\n", "\(finished)")
    }
}

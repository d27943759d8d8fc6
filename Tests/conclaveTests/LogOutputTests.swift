import Bytes
import Model
import Testing
import Wire

@testable import conclave

/// How lines of several tasks are shown. Their nodes may be hostile.
@Suite struct LogOutputTests {
    private let task = TaskID(high: 5, low: 1)

    private func output(_ flags: [String] = [], node: String = "w1") throws -> LogOutput {
        let command = try session(["service", "logs"] + flags + ["web"])
        var output = LogOutput(command.parsed)
        var source = LogsSource()
        source.taskID = task
        source.service = "web"
        source.slot = 1
        source.node = node
        try output.show(.source(source), command)
        return output
    }

    private func chunk(_ lines: [String], isError: Bool = false) -> LogsChunk {
        var chunk = LogsChunk()
        chunk.taskID = task
        chunk.lines = lines.map { text in
            var line = LogLine()
            line.data = Bytes(utf8: text)
            line.error = isError
            return line
        }
        return chunk
    }

    @Test func `each line has its task before it, and goes where the task wrote it`() throws {
        let output = try output(["--no-task-ids"])
        let (out, errors) = output.written(chunk(["one", "", "two"]))
        #expect(String(decoding: out, as: UTF8.self) == "web.1@w1    | one\nweb.1@w1    | \nweb.1@w1    | two\n")
        #expect(errors.isEmpty)
        #expect(output.written(chunk(["x"], isError: true)).out.isEmpty)
        #expect(try self.output(["--raw"]).written(chunk(["one"])).out == Array("one\n".utf8))
    }

    @Test func `no part of a line is shown without the name of its task`() throws {
        let forged = chunk(["mine\nweb.2@w2    | not mine"])
        let out = try output(["--no-task-ids"]).written(forged).out
        let lines = String(decoding: out, as: UTF8.self).split(separator: "\n")
        #expect(lines == ["web.1@w1    | mine", "web.1@w1    | web.2@w2    | not mine"])
    }

    @Test func `a node's name moves no cursor, and lines are shown as they were written`() throws {
        let out = try output(["--no-task-ids"], node: "w\u{1b}[2J").written(chunk(["\u{1b}[1mbold\r"])).out
        #expect(String(decoding: out, as: UTF8.self) == "web.1@w\\x1b[2J    | \u{1b}[1mbold\r\n")
    }
}

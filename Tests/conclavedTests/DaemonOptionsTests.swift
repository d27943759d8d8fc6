import CommandLine
import Testing

@testable import conclaved

private func options(_ words: String...) throws -> DaemonOptions {
    guard case .run(let options) = try DaemonOptions.parse(words) else { throw UsageError("text") }
    return options
}

@Test func `without options everything is at its place`() throws {
    #expect(try options() == DaemonOptions())
}

@Test func `each option is taken`() throws {
    let given = try options(
        "--name", "m1", "--listen", "127.0.0.1:17377", "--advertise", "[::1]:17377", "--state-dir", "/s", "--run-dir",
        "/r", "--socket", "/c", "--socket-group", "ops", "--task-uids", "300000-300999", "--allow-root-tasks",
        "--log-level", "debug")
    var expected = DaemonOptions()
    expected.name = "m1"
    expected.listen = "127.0.0.1:17377"
    expected.advertise = "[::1]:17377"
    expected.stateDirectory = "/s"
    expected.runDirectory = "/r"
    expected.socket = "/c"
    expected.socketGroup = "ops"
    expected.taskUIDs = 300_000...300_999
    expected.allowRootTasks = true
    expected.logLevel = "debug"
    #expect(given == expected)
}

@Test(arguments: [
    ["--listen", "127.0.0.1"], ["--listen", "127.0.0.1:99999"], ["--listen", "::1"], ["--advertise", "host:port"],
    ["--state-dir", "here"], ["--task-uids", "0-5"], ["--task-uids", "9-5"], ["--task-uids", "x"],
    ["--log-level", "loud"], ["--nope"], ["argument"], ["--socket", "/" + String(repeating: "x", count: 107)],
])
func `what can't be is refused`(words: [String]) {
    #expect(throws: UsageError.self) { _ = try DaemonOptions.parse(words) }
}

@Test func `help fits eighty columns`() throws {
    guard case .text(let text) = try DaemonOptions.parse(["--help"]) else { throw UsageError("no text") }
    for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
}

import Foundation
import TestSupport

/// What a program that was run said and how it ended.
struct Finished: Sendable {
    var code: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
    /// Everything in one text, for a failed expectation.
    var all: String { "exit \(code)\n\(output)\(errors)" }
}

/// A program that is running, with its output in files, so that no full pipe can hold it up.
///
/// Foundation's `Process` would hand on the signal mask of the thread that happens to run the test, which blocks
/// nearly all of them: such a daemon can't be stopped.
final class Running: @unchecked Sendable {
    let pid: Int32
    private let folder: URL
    private var status: Int32?

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "conclave-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, name) in [(Int32(1), "out"), (2, "err")] {
            let path = folder.appending(path: name).path
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // In memory: a value that a test hands over is in no file.
        let temporaryFile: Int32 = 0x41_0000  // O_TMPFILE
        let memory = input == nil ? -1 : unsafe open("/dev/shm", temporaryFile | O_RDWR | O_CLOEXEC, 0o600)
        defer { if memory >= 0 { close(memory) } }
        if let input {
            let handle = FileHandle(fileDescriptor: memory, closeOnDealloc: false)
            try handle.write(contentsOf: input)
            try handle.seek(toOffset: 0)
            unsafe posix_spawn_file_actions_adddup2(&actions, memory, 0)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer { for at in unsafe words.indices { unsafe free(words[at]) } }
        defer { for at in unsafe settings.indices { unsafe free(settings[at]) } }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var started: pid_t = 0
        let code = unsafe posix_spawn(&started, program, &actions, &attributes, &words, &settings)
        guard code == 0 else { throw Trouble("\(program) can't be run: error \(code)") }
        pid = started
    }

    var output: String { text("out") }
    var errors: String { text("err") }
    private func text(_ name: String) -> String {
        (try? String(decoding: Data(contentsOf: folder.appending(path: name)), as: UTF8.self)) ?? ""
    }

    /// Whether it has not ended.
    var isRunning: Bool {
        collect(WNOHANG)
        return status == nil
    }

    func wait() -> Finished {
        while status == nil { collect(0) }
        let status = status ?? 0
        let signal = status & 0x7f
        let finished = Finished(
            code: signal == 0 ? status >> 8 & 0xff : 128 + signal, output: output, errors: errors)
        try? FileManager.default.removeItem(at: folder)
        return finished
    }

    private func collect(_ options: Int32) {
        guard status == nil else { return }
        var now: Int32 = 0
        let result = unsafe waitpid(pid, &now, options)
        if result == pid { status = now }
        precondition(result >= 0 || errno == EINTR, "program \(pid) is nobody's child: error \(errno)")
    }
}

/// Runs a program to its end.
@discardableResult
func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil
) throws -> Finished {
    try Running(program, arguments, environment: environment, input: input).wait()
}

/// Asks until `condition` holds; `false` when it still does not after `seconds`.
///
/// Between two questions lies three times what one costs: whoever waits leaves the machine to what is waited for.
func eventually(within seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end {
        let begin = clock.now
        if try condition() { return true }
        let pause = max(.milliseconds(20), (clock.now - begin) * 3)
        usleep(UInt32(min(pause, .milliseconds(500)) / .microseconds(1)))
    }
    return try condition()
}

/// Where the executables under test are: beside the test bundle.
let productsFolder = Repository.program("conclaved").deletingLastPathComponent()

let isRoot = getuid() == 0

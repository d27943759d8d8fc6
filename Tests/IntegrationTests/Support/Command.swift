import Foundation

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
final class Running: @unchecked Sendable {
    let process = Process()
    private let folder: URL
    private let input: Pipe?

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:], input text: Data? = nil) throws
    {
        folder = FileManager.default.temporaryDirectory.appending(path: "conclave-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["out", "err"] {
            try Data().write(to: folder.appending(path: name))
        }
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "out"))
        process.standardError = try FileHandle(forWritingTo: folder.appending(path: "err"))
        input = text == nil ? nil : Pipe()
        process.standardInput = input ?? FileHandle.nullDevice
        try process.run()
        if let text, let input {
            try? input.fileHandleForWriting.write(contentsOf: text)
            try? input.fileHandleForWriting.close()
        }
    }

    var pid: Int32 { process.processIdentifier }
    var output: String { (try? String(contentsOf: folder.appending(path: "out"), encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOf: folder.appending(path: "err"), encoding: .utf8)) ?? "" }

    func wait() -> Finished {
        process.waitUntilExit()
        let code = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        let finished = Finished(code: code, output: output, errors: errors)
        try? FileManager.default.removeItem(at: folder)
        return finished
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
func eventually(within seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if try condition() { return true }
        usleep(20_000)  // Between two questions; the condition decides, not the time.
    }
    return try condition()
}

/// Where the executables under test are: beside the test bundle.
let productsFolder: URL = {
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/" {
        if FileManager.default.isExecutableFile(atPath: folder.appending(path: "conclaved").path) { return folder }
        folder = folder.deletingLastPathComponent()
    }
    return URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../.build/debug").standardized
}()

let isRoot = getuid() == 0

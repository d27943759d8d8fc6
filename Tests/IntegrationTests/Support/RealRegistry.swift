import Foundation

/// The registry that an engine of a test's own asks at its 127.0.0.1: it has `busybox:1`, for who is logged in. The image's
/// `EDITION` is 1.
final class RealRegistry {
    /// `127.0.0.1:25108`.
    let host: String
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let log: URL

    init(_ engine: RealEngine, user: String, password: String) throws {
        let port = try String(contentsOfFile: "\(engine.folder)/registry", encoding: .utf8)
        host = "127.0.0.1:\(port)"
        log = URL(filePath: "\(engine.folder)/registry.log")
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Tools/registry").standardized.path
        let line = engine.line(script, [port, log.path])
        process.executableURL = URL(filePath: line.program)
        process.arguments = line.arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data("\(user) \(password)\n".utf8))
        try hear("ready")
    }

    /// Gives the tag the next edition of the image.
    func moveTag() throws {
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        try hear("moved")
    }

    /// What the tag is now.
    func digest(user: String, password: String) throws -> String {
        let answer = try run(
            "/usr/bin/curl", ["-sI", "-u", "\(user):\(password)", "http://\(host)/v2/busybox/manifests/1"])
        let name = "Docker-Content-Digest: "
        guard let line = answer.output.split(whereSeparator: \.isNewline).first(where: { $0.hasPrefix(name) }) else {
            throw Trouble("Tools/registry at \(host) does not say what busybox:1 is: \(answer.all)")
        }
        return String(line.dropFirst(name.count))
    }

    private func hear(_ word: String) throws {
        let said = String(decoding: output.fileHandleForReading.readData(ofLength: word.count + 1), as: UTF8.self)
        guard said == word + "\n" else {
            let end = process.isRunning ? "it runs" : "it ended with \(process.terminationStatus)"
            throw Trouble("Tools/registry does not say \(word) at \(host): \(end), \(said)")
        }
    }

    /// What it was asked: `200 GET /v2/…`.
    var requests: [String] {
        ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// A folder for `DOCKER_CONFIG`, as a login there leaves it; below `folder`.
    func login(user: String, password: String, in folder: String) throws -> String {
        let path = "\(folder)/docker-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let auth = Data("\(user):\(password)".utf8).base64EncodedString()
        try Data(#"{"auths": {"\#(host)": {"auth": "\#(auth)"}}}"#.utf8).write(to: URL(filePath: "\(path)/config.json"))
        return path
    }

    /// It ends with its standard input.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

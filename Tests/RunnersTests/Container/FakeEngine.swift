import Bytes
import Glibc
import Seams
import Testing

@testable import Runners

/// What listens where an engine should: the test says how it answers. One request a connection, as the runner asks.
final class FakeEngine {
    enum Answer {
        case status(Int, String)
        /// Whatever bytes, then the end.
        case raw(String)
        /// Nothing at all, then the end.
        case nothing
        /// Nothing at all, and no end.
        case silence
        /// Whatever bytes, and no end.
        case held(String)
    }

    struct Request {
        /// `GET /v1.41/containers/json`.
        var line: String
        var headers: [String]
        var body: String
    }

    let socket: String
    private let listener: any Listener
    private(set) var requests: [Request] = []
    private var clients: [Client] = []

    init(_ host: TestHost, _ folder: String, answer: @escaping (Request) -> Answer) throws {
        socket = "\(folder)/engine.sock"
        var accept: (any Connection) -> Void = { $0.abort() }
        listener = try host.network.listen(.unix(path: socket), ListenOptions()) { accept($0) }
        accept = { [unowned self] connection in
            let client = Client(connection) { [unowned self] request in
                requests.append(request)
                return answer(request)
            }
            clients.append(client)
            connection.start(client)
        }
    }

    deinit { listener.close() }

    /// What every runner asks at first.
    static let version = Answer.status(200, #"{"ApiVersion":"1.41","MinAPIVersion":"1.12"}"#)

    func asked(_ line: String) -> [Request] { requests.filter { $0.line.hasPrefix(line) } }

    private final class Client: ConnectionEvents {
        private let connection: any Connection
        private let answer: (Request) -> Answer
        private var held: [UInt8] = []

        init(_ connection: any Connection, answer: @escaping (Request) -> Answer) {
            self.connection = connection
            self.answer = answer
        }

        func received(_ bytes: Bytes) {
            held += bytes
            let text = String(decoding: held, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { return }
            let lines = text[..<end.lowerBound].split(separator: "\r\n").map { String($0) }
            let length = lines.first { $0.hasPrefix("Content-Length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
            let body = text[end.upperBound...]
            guard body.utf8.count >= length else { return }
            held = []
            let line = lines[0].split(separator: " ").dropLast().joined(separator: " ")
            switch answer(Request(line: line, headers: Array(lines.dropFirst()), body: String(body))) {
            case .status(let status, let body):
                write("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            case .raw(let text): write(text)
            case .nothing: break
            case .silence: return
            case .held(let text): return write(text)
            }
            connection.close()
        }

        private func write(_ text: String) { connection.write([Bytes(utf8: text)]) }
        func receivedEnd() { connection.close() }
        func drained() {}
        func closed(_ reason: CloseReason) {}
    }
}

/// A node whose engine answers as `answer` says, and as engines do where that is `nil`.
func fakeNode(
    isHurried: Bool = false, _ answer: @escaping (FakeEngine.Request) -> FakeEngine.Answer?
) throws -> (node: ContainerNode, engine: FakeEngine) {
    let scratch = Scratch()
    let host = TestHost(cgroups: NoCgroups(), isHurried: isHurried)
    let engine = try FakeEngine(host, scratch.path) { request in
        if let special = answer(request) { return special }
        let line = request.line
        if line == "GET /version" { return FakeEngine.version }
        if line.hasPrefix("GET /v1.41/containers/json") { return .status(200, "[]") }
        if line.hasPrefix("GET /v1.41/images/") { return .status(200, #"{"Id":"sha256:12"}"#) }
        if line.hasPrefix("POST /v1.41/containers/create") { return .status(201, #"{"Id":"c1"}"#) }
        return .status(204, "")
    }
    let node = try ContainerNode(socket: engine.socket, host: host)
    node.belongings = [engine, scratch]
    return (node, engine)
}

/// What is thrown, in words; empty: nothing is.
func complaint(_ body: () throws -> Void) -> String {
    do {
        try body()
        return ""
    } catch {
        return "\(error)"
    }
}

extension String {
    /// Where `text` is for the first time; without Foundation.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        ranges(of: text).first
    }
}

import Bytes
import Model
import Seams
import Text

/// The container engine behind one socket: Docker or Podman, through the API that both speak.
///
/// Each request has a connection of its own: the socket is local, and nothing waits for anything else. The answer
/// comes later, never inside the call, and exactly once.
package final class Engine {
    package typealias Answer<T> = (Result<T, EngineError>) -> Void

    let socket: SocketAddress
    private let prefix: String
    private let network: any Network
    private let time: any Time

    /// What the requests here are written for.
    private static let version = APIVersion(1, 41)
    /// An engine under load is slow, but not silent for this long.
    package static let silence = Duration.seconds(60)
    /// A pull says something whenever it gets something.
    private static let pullSilence = Duration.seconds(300)
    /// Of an answer; the longest is a list of containers.
    private static let mostBytes = 8 << 20

    /// - Parameter oldest: the oldest version that the engine speaks, as it said.
    init(socket: SocketAddress, oldest: APIVersion, network: any Network, time: any Time) {
        self.socket = socket
        self.network = network
        self.time = time
        prefix = "/v\(max(Self.version, oldest))"
    }

    // MARK: - Requests

    /// Asks, and reads the whole answer; one without a body is `null`.
    package func ask(
        _ request: HTTPRequest, silence: Duration = Engine.silence, done: @escaping Answer<JSON>
    ) {
        Self.ask(request, at: socket, prefix: prefix, network, time, silence: silence, done: done)
    }

    /// Asks for a stream.
    private func open(
        _ request: HTTPRequest, silence: Duration?, events: @escaping (EngineCall.Event) -> Void
    ) -> EngineCall {
        EngineCall(
            request, to: socket, prefix: prefix, network: network, time: time, silence: silence, events: events)
    }

    /// What is behind `socket`: the engine, or why there is none.
    package static func find(
        at socket: SocketAddress, network: any Network, time: any Time, done: @escaping Answer<Engine>
    ) {
        ask(HTTPRequest(.get, "version"), at: socket, prefix: "", network, time, silence: .seconds(10)) { result in
            switch result {
            case .success(let answer):
                guard let newest = APIVersion(answer["ApiVersion"]?.string ?? ""), newest >= version else {
                    let said = answer["ApiVersion"]?.string ?? "nothing"
                    let reason = "version \(version) of a container engine's API is needed; it speaks \(said)"
                    return done(.failure(.refused(status: 200, reason)))
                }
                let oldest = APIVersion(answer["MinAPIVersion"]?.string ?? "") ?? version
                done(.success(Engine(socket: socket, oldest: oldest, network: network, time: time)))
            case .failure(let error): done(.failure(error))
            }
        }
    }

    private static func ask(
        _ request: HTTPRequest, at socket: SocketAddress, prefix: String, _ network: any Network, _ time: any Time,
        silence: Duration, done: @escaping Answer<JSON>
    ) {
        var head = HTTPHead()
        var body: [UInt8] = []
        var call: EngineCall?
        call = EngineCall(request, to: socket, prefix: prefix, network: network, time: time, silence: silence) {
            event in
            switch event {
            case .head(let said): head = said
            case .body(let bytes):
                guard body.count + bytes.count <= mostBytes else {
                    call?.cancel()
                    call = nil
                    return done(.failure(.garbled("it is over \(mostBytes) bytes")))
                }
                body += bytes
            case .drained: break
            case .ended:
                call = nil
                done(answer(head, body))
            case .failed(let error):
                call = nil
                done(.failure(error))
            }
        }
    }

    static func answer(_ head: HTTPHead, _ body: [UInt8]) -> Result<JSON, EngineError> {
        let json = body.allSatisfy { $0 <= 32 } ? JSON.null : try? JSON.read(body)
        guard head.isGood else {
            let said = json?["message"]?.string ?? String(decoding: body.prefix(200), as: UTF8.self)
            return .failure(.refused(status: head.status, (said.isEmpty ? "status \(head.status)" : said).asReason))
        }
        return json.map { .success($0) } ?? .failure(.garbled("it is not JSON"))
    }
}

// MARK: - Images

extension Engine {
    func image(_ name: ImageName, done: @escaping Answer<JSON>) {
        ask(HTTPRequest(.get, "images", name.reference, "json"), done: done)
    }

    /// What an image was fetched by, of several digests that it has. Podman counts among them that of the one image for
    /// machines like this, which other nodes may have no use for. `nil`: the engine can't tell, as Docker can't.
    func digest(_ name: ImageName, done: @escaping (String?) -> Void) {
        ask(HTTPRequest(.get, "libpod", "images", name.reference, "json")) { result in
            done((try? result.get())?["Digest"]?.string)
        }
    }

    /// Fetches an image. `credentials`: as `X-Registry-Auth` has them.
    func pull(_ name: ImageName, credentials: SecretBox?, done: @escaping Answer<Void>) {
        let request = HTTPRequest(
            .post, "images", "create",
            query: [("fromImage", name.repository), ("tag", name.digest ?? name.tag ?? "latest")])
        var progress = PullProgress()
        var call: EngineCall?
        call = EngineCall(
            request, to: socket, prefix: prefix, network: network, time: time, silence: Self.pullSilence,
            credentials: credentials
        ) { event in
            switch event {
            case .head(let head): progress.head = head
            case .body(let bytes): progress.take(bytes)
            case .drained: break
            case .ended:
                call = nil
                done(progress.outcome)
            case .failed(let error):
                call = nil
                done(.failure(error))
            }
        }
        _ = call
    }
}

// MARK: - Containers

extension Engine {
    /// The containers that have all of `labels`, whatever became of them.
    func containers(labels: [String], done: @escaping Answer<[JSON]>) {
        list(["label": .array(labels.map { JSON($0) })], done: done)
    }

    /// The containers that are in a network, started or not.
    func containers(in network: String, done: @escaping Answer<[JSON]>) {
        list(["network": [JSON(network)]], done: done)
    }

    private func list(_ filters: JSON, done: @escaping Answer<[JSON]>) {
        ask(HTTPRequest(.get, "containers", "json", query: [("all", "1"), ("filters", filters.text)])) {
            done($0.map { $0.array ?? [] })
        }
    }

    /// - Returns: its ID.
    func create(_ name: String, _ body: JSON, done: @escaping Answer<String>) {
        let request = HTTPRequest(
            .post, "containers", "create", query: [("name", name)], body: Bytes(utf8: body.text))
        ask(request) { done(Self.identifier($0)) }
    }

    /// Unpacks a tar archive at the root of a container that does not run.
    func unpack(_ archive: Bytes, in id: String, done: @escaping Answer<Void>) {
        var request = HTTPRequest(.put, "containers", id, "archive", query: [("path", "/")], body: archive)
        request.contentType = "application/x-tar"
        ask(request) { done($0.map { _ in }) }
    }

    func start(_ id: String, done: @escaping Answer<Void>) {
        ask(HTTPRequest(.post, "containers", id, "start")) { done($0.map { _ in }) }
    }

    func unpause(_ id: String, done: @escaping Answer<Void>) {
        ask(HTTPRequest(.post, "containers", id, "unpause")) { done($0.map { _ in }) }
    }

    func inspect(_ id: String, done: @escaping Answer<ContainerState>) {
        ask(HTTPRequest(.get, "containers", id, "json")) { done($0.map { ContainerState($0) }) }
    }

    /// What a container uses now.
    func usage(of id: String, done: @escaping Answer<TaskUsage>) {
        let query = [(name: "stream", value: "false"), (name: "one-shot", value: "true")]
        ask(HTTPRequest(.get, "containers", id, "stats", query: query)) { done($0.map { TaskUsage(engine: $0) }) }
    }

    /// What its program wrote, each line after its time; the answer goes on while it runs if `follow` says so.
    func logs(
        of id: String, follow: Bool, since: Timestamp, tail: UInt64?, events: @escaping (EngineCall.Event) -> Void
    ) -> EngineCall {
        let (seconds, rest) = since.rawValue.quotientAndRemainder(dividingBy: 1_000_000_000)
        let fraction = "\(1_000_000_000 + rest)".dropFirst()
        var query = [("stdout", "1"), ("stderr", "1"), ("timestamps", "1"), ("since", "\(seconds).\(fraction)")]
        if follow { query.append(("follow", "1")) }
        if let tail { query.append(("tail", "\(tail)")) }
        let request = HTTPRequest(.get, "containers", id, "logs", query: query.map { (name: $0.0, value: $0.1) })
        // A program may be silent for ever, and Podman is until it writes.
        return open(request, silence: follow ? nil : Self.silence, events: events)
    }

    /// Removes a container, whatever it does, with the volumes that have no name. Gone already is success.
    func remove(_ id: String, done: @escaping Answer<Void>) {
        ask(HTTPRequest(.delete, "containers", id, query: [("force", "1"), ("v", "1")])) { result in
            if case .failure(let error) = result, !error.isMissing { return done(.failure(error)) }
            done(.success(()))
        }
    }

    private static func identifier(_ result: Result<JSON, EngineError>) -> Result<String, EngineError> {
        result.flatMap { answer in
            answer["Id"]?.string.map { .success($0) } ?? .failure(.garbled("what it made has no ID"))
        }
    }
}

// MARK: - Programs in containers

extension Engine {
    func createExec(in id: String, _ body: JSON, done: @escaping Answer<String>) {
        ask(HTTPRequest(.post, "containers", id, "exec", body: Bytes(utf8: body.text))) { done(Self.identifier($0)) }
    }

    /// Starts it, and hands over the connection for its input and output.
    func startExec(_ id: String, terminal: Bool, events: @escaping (EngineCall.Event) -> Void) -> EngineCall {
        let body: JSON = ["Detach": false, "Tty": JSON(terminal)]
        var request = HTTPRequest(.post, "exec", id, "start", body: Bytes(utf8: body.text))
        request.wantsUpgrade = true
        return open(request, silence: Self.silence, events: events)
    }

    func inspectExec(_ id: String, done: @escaping Answer<JSON>) {
        ask(HTTPRequest(.get, "exec", id, "json"), done: done)
    }

    func resizeExec(_ id: String, _ size: WindowSize, done: @escaping Answer<Void>) {
        let query = [(name: "h", value: "\(size.rows)"), (name: "w", value: "\(size.columns)")]
        ask(HTTPRequest(.post, "exec", id, "resize", query: query)) { done($0.map { _ in }) }
    }
}

// MARK: - Networks

extension Engine {
    /// By its name or ID; refused if several have the name.
    func network(_ name: String, done: @escaping Answer<EngineNetwork>) {
        ask(HTTPRequest(.get, "networks", name)) { done($0.map { EngineNetwork($0) }) }
    }

    /// All networks of a name, of which engines may have several, or those that have a label; the oldest first.
    func networks(_ filter: (name: String, value: String), done: @escaping Answer<[EngineNetwork]>) {
        let filters: JSON = .object([filter.name: [JSON(filter.value)]])
        ask(HTTPRequest(.get, "networks", query: [("filters", filters.text)])) {
            done($0.map { ($0.array ?? []).map { EngineNetwork($0) }.sorted() })
        }
    }

    /// - Returns: its ID.
    func createNetwork(_ name: String, labels: JSON, done: @escaping Answer<String>) {
        let body: JSON = ["Name": JSON(name), "Driver": "bridge", "CheckDuplicate": true, "Labels": labels]
        ask(HTTPRequest(.post, "networks", "create", body: Bytes(utf8: body.text))) { done(Self.identifier($0)) }
    }

    func connect(_ id: String, to network: String, _ endpoint: JSON, done: @escaping Answer<Void>) {
        let body: JSON = ["Container": JSON(id), "EndpointConfig": endpoint]
        ask(HTTPRequest(.post, "networks", network, "connect", body: Bytes(utf8: body.text))) {
            done($0.map { _ in })
        }
    }

    func removeNetwork(_ id: String, done: @escaping Answer<Void>) {
        ask(HTTPRequest(.delete, "networks", id)) { done($0.map { _ in }) }
    }
}

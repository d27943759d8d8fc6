import Bytes
import Linux
import Model
import Runners
import Seams
import Text

/// A container engine of this benchmark's own that is a swarm of one manager, too; ended and removed by `tearDown`.
///
/// It has a network namespace to itself: Swarm's ports are fixed ones, and nobody else is to be met on them.
final class EngineHost {
    let folder: String
    private let loop: Loop
    private let engine: Engine

    /// - Parameter folder: not there yet; its parent is.
    init(_ loop: Loop, folder: String) throws(Failure) {
        self.loop = loop
        self.folder = folder
        do throws(Failure) {
            let start = "ip link set lo up && exec Tools/engine start swarm \(folder)"
            try loop.runToEnd(["/usr/bin/unshare", "--net", "/bin/sh", "-c", start], limit: .seconds(120))
            engine = try Self.find(loop, "\(folder)/engine.sock")
            let addresses: JSON = ["ListenAddr": "127.0.0.1:2377", "AdvertiseAddr": "127.0.0.1"]
            try ask(HTTPRequest(.post, "swarm", "init", body: Bytes(utf8: addresses.text)))
        } catch {
            Self.remove(loop, folder)
            throw error
        }
    }

    /// As `conclaved --engine` has it.
    var address: String { "unix://\(folder)/engine.sock" }

    func tearDown() { Self.remove(loop, folder) }

    private static func remove(_ loop: Loop, _ folder: String) {
        try? loop.runToEnd(["Tools/engine", "stop", folder], limit: .seconds(120))
    }

    private static func find(_ loop: Loop, _ socket: String) throws(Failure) -> Engine {
        try wait(loop) { done in Engine.find(at: .unix(path: socket), network: loop, time: loop, done: done) }
    }

    // MARK: - Asking

    /// Asks and waits for the answer.
    @discardableResult
    func ask(_ request: HTTPRequest) throws(Failure) -> JSON {
        try Self.wait(loop) { done in engine.ask(request, done: done) }
    }

    func ask(_ request: HTTPRequest, done: @escaping Engine.Answer<JSON>) { engine.ask(request, done: done) }

    private static func wait<T>(_ loop: Loop, _ ask: (@escaping Engine.Answer<T>) -> Void) throws(Failure) -> T {
        var answer: Result<T, EngineError>?
        ask { answer = $0 }
        _ = loop.run(until: { answer != nil }, limit: .seconds(90))
        switch answer {
        case .success(let value)?: return value
        case .failure(let error)?: throw Failure(.unspecified, "\(error)")
        case nil: throw Failure(.timedOut, "the container engine does not answer")
        }
    }

    /// How many containers there are; `ended`: those, too, of which Swarm keeps some for its history.
    func containers(ended: Bool = true) throws(Failure) -> Int {
        try ask(HTTPRequest(.get, "containers", "json", query: [("all", ended ? "1" : "0")])).array?.count ?? 0
    }
}

// MARK: - Its own starts

extension EngineHost {
    /// How long it takes to make and start so many containers of the image, all asked for at once; nanoseconds.
    func start(_ count: Int, _ command: [String]) throws(Failure) -> UInt64 {
        let body: JSON = ["Image": "centos:latest", "Entrypoint": .array(command.map { JSON($0) })]
        var (ids, started, failure) = ([String](), 0, EngineError?.none)
        let begin = Clock.nanoseconds
        for _ in 0..<count {
            ask(HTTPRequest(.post, "containers", "create", body: Bytes(utf8: body.text))) { [self] made in
                switch made {
                case .success(let answer):
                    let id = answer["Id"]?.string ?? ""
                    ids.append(id)
                    ask(HTTPRequest(.post, "containers", id, "start")) { result in
                        started += 1
                        if case .failure(let error) = result { failure = error }
                    }
                case .failure(let error): failure = error
                }
            }
        }
        _ = loop.run(until: { started == count || failure != nil }, limit: .seconds(120))
        let taken = Clock.nanoseconds - begin
        if let failure { throw Failure(.unspecified, "the container engine: \(failure)") }
        for id in ids { try ask(HTTPRequest(.delete, "containers", id, query: [("force", "1")])) }
        return taken
    }
}

// MARK: - Docker Swarm

extension EngineHost {
    /// A service of Swarm's.
    struct SwarmService {
        var command: [String]
        var replicas = 1
        /// The secret's ID and name, seen as `key`.
        var secret: (id: String, name: String)?
        /// A folder of the host's and where it is seen.
        var mount: (source: String, target: String)?
        var startsFirst = false

        var body: JSON {
            var container: JSONObject = [
                "Image": "centos:latest", "Command": .array(command.map { JSON($0) }), "StopGracePeriod": 2_000_000_000,
            ]
            if let secret {
                container["Secrets"] = [
                    [
                        "SecretID": JSON(secret.id), "SecretName": JSON(secret.name),
                        "File": ["Name": "key", "UID": "0", "GID": "0", "Mode": 0o444],
                    ]
                ]
            }
            if let mount {
                container["Mounts"] = [
                    ["Type": "bind", "Source": JSON(mount.source), "Target": JSON(mount.target)]
                ]
            }
            return [
                "Name": "swarm", "TaskTemplate": ["ContainerSpec": .object(container)],
                "Mode": ["Replicated": ["Replicas": JSON(replicas)]],
                "UpdateConfig": ["Parallelism": 1, "Order": startsFirst ? "start-first" : "stop-first"],
            ]
        }
    }

    func createSwarmSecret(_ name: String, _ value: String) throws(Failure) -> String {
        let body: JSON = ["Name": JSON(name), "Data": JSON(Base64.text(Bytes(utf8: value)))]
        let answer = try ask(HTTPRequest(.post, "secrets", "create", body: Bytes(utf8: body.text)))
        return answer["ID"]?.string ?? ""
    }

    func createSwarmService(_ service: SwarmService) throws(Failure) {
        try ask(HTTPRequest(.post, "services", "create", body: Bytes(utf8: service.body.text)))
    }

    /// The number that an update must name.
    func swarmServiceVersion() throws(Failure) -> Int64 {
        try ask(HTTPRequest(.get, "services", "swarm"))["Version"]?["Index"]?.integer ?? 0
    }

    func updateSwarmService(_ service: SwarmService, version: Int64) throws(Failure) {
        try ask(
            HTTPRequest(
                .post, "services", "swarm", "update", query: [("version", "\(version)")],
                body: Bytes(utf8: service.body.text)))
    }

    func removeSwarmService() throws(Failure) { try ask(HTTPRequest(.delete, "services", "swarm")) }

    func runningSwarmTasks() throws(Failure) -> Int {
        let tasks = try ask(HTTPRequest(.get, "tasks")).array ?? []
        return tasks.count { $0["Status"]?["State"]?.string == "running" }
    }
}

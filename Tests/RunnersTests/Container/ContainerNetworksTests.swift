import Bytes
import Glibc
import Model
import Seams
import Testing
import Wire

@testable import Runners

/// Networks that several tasks, or several daemons, need at once.
@Suite(.enabled(if: canSandbox, "mounts need root")) struct ContainerNetworksTests {
    /// Networks as Docker has them: several may have one name, and none is removed while a container is in it.
    private final class FakeNetworks {
        var all: [(id: String, created: Int, label: String?, isUsed: Bool)] = []
        private var made = 0

        func add(created: Int, label: String? = "conclave.network", isUsed: Bool = false) -> String {
            made += 1
            all.append((id: "n\(made)", created: created, label: label, isUsed: isUsed))
            return "n\(made)"
        }

        private func json(_ network: (id: String, created: Int, label: String?, isUsed: Bool)) -> String {
            let labels = network.label.map { "\"\($0)\":\"front\"" } ?? ""
            return #"{"Id":"\#(network.id)","Name":"front","Created":"2026-11-27T22:16:\#(10 + network.created).5Z","#
                + #""Labels":{\#(labels)}}"#
        }

        func answer(_ request: FakeEngine.Request) -> FakeEngine.Answer? {
            switch request.line {
            case "GET /v1.41/networks/front" where all.isEmpty: .status(404, #"{"message":"network front not found"}"#)
            case "GET /v1.41/networks/front" where all.count == 1: .status(200, json(all[0]))
            case "GET /v1.41/networks/front": .status(400, #"{"message":"network front is ambiguous"}"#)
            case "POST /v1.41/networks/create": .status(201, #"{"Id":"\#(add(created: 20))"}"#)
            case let line where line.hasPrefix("GET /v1.41/networks?filters="):
                .status(200, "[" + (all.map(json) + [#"{"Id":"n0","Name":"front2"}"#]).joined(separator: ",") + "]")
            case let line where line.hasPrefix("DELETE /v1.41/networks/"): remove(line.split(separator: "/").last ?? "")
            default: nil
            }
        }

        private func remove(_ id: Substring) -> FakeEngine.Answer {
            guard let place = all.firstIndex(where: { $0.id == id }) else { return .status(404, "") }
            if all[place].isUsed { return .status(403, #"{"message":"network has active endpoints"}"#) }
            all.remove(at: place)
            return .status(204, "")
        }
    }

    /// Makes a network `front` for a task, and tells what came of it.
    private func makeFront(_ node: ContainerNode) throws -> Result<Void, EngineError> {
        var result: Result<Void, EngineError>?
        let task = try node.launch("true").task
        node.runner.networks.make(["front"], for: task, try #require(node.runner.engine)) { result = $0 }
        node.wait { result != nil }
        return result!
    }

    @Test func `tasks that need the same network at once make it once`() throws {
        let networks = FakeNetworks()
        let (node, engine) = try fakeNode { networks.answer($0) }
        let known = try #require(node.runner.engine)
        var made = 0
        for _ in 0..<3 {
            let task = try node.launch("true").task
            node.runner.networks.make(["front"], for: task, known) { if case .success = $0 { made += 1 } }
        }
        node.wait { made == 3 }
        #expect(engine.asked("POST /v1.41/networks/create").count == 1)
    }

    @Test func `of two networks that two daemons made at once the older stays`() throws {
        let networks = FakeNetworks()
        let (node, engine) = try fakeNode { request in
            // Another daemon is faster than this one's request.
            if request.line == "POST /v1.41/networks/create" { _ = networks.add(created: 10) }
            return networks.answer(request)
        }
        #expect(throws: Never.self) { try makeFront(node).get() }
        #expect(networks.all.map(\.created) == [10])
        #expect(engine.asked("DELETE /v1.41/networks/n2").count == 1)
    }

    @Test func `another daemon that made the network first is no failure, as Podman says it`() throws {
        let networks = FakeNetworks()
        let (node, engine) = try fakeNode { request in
            guard request.line == "POST /v1.41/networks/create" else { return networks.answer(request) }
            if networks.all.isEmpty { _ = networks.add(created: 10) }
            return .status(500, #"{"message":"network already exists"}"#)
        }
        #expect(throws: Never.self) { try makeFront(node).get() }
        #expect(engine.asked("DELETE").isEmpty)
    }

    @Test func `a network that can't be made is refused with the engine's reason`() throws {
        let networks = FakeNetworks()
        let (node, _) = try fakeNode { request in
            guard request.line == "POST /v1.41/networks/create" else { return networks.answer(request) }
            return .status(500, #"{"message":"no subnet is left"}"#)
        }
        #expect(throws: EngineError.refused(status: 500, "no subnet is left")) { try makeFront(node).get() }
    }

    @Test func `whoever has the older network waits for the other to remove its own`() throws {
        let networks = FakeNetworks()
        var looks = 0
        let (node, engine) = try fakeNode { request in
            if request.line == "POST /v1.41/networks/create" { _ = networks.add(created: 30) }
            if request.line.hasPrefix("GET /v1.41/networks?") {
                looks += 1
                if looks == 3 { networks.all.removeAll { $0.created == 30 } }
            }
            return networks.answer(request)
        }
        #expect(throws: Never.self) { try makeFront(node).get() }
        #expect(networks.all.map(\.created) == [20])
        #expect(engine.asked("DELETE").isEmpty)
    }

    @Test func `networks that were left twice become one, and what is in use stays`() throws {
        let networks = FakeNetworks()
        for created in 1...3 { _ = networks.add(created: created, isUsed: created == 2) }
        let (node, _) = try fakeNode(isHurried: true) { networks.answer($0) }
        #expect(throws: Never.self) { try makeFront(node).get() }
        #expect(networks.all.map(\.created) == [2])
    }

    @Test func `networks that others made twice are not touched, and said to be so`() throws {
        let networks = FakeNetworks()
        for created in 1...2 { _ = networks.add(created: created, label: nil) }
        let (node, _) = try fakeNode(isHurried: true) { networks.answer($0) }
        #expect(throws: EngineError.refused(status: 409, "there are 2 networks of one name")) {
            try makeFront(node).get()
        }
        #expect(networks.all.count == 2)
    }

    @Test func `a network that a dead agent left is removed, and one in use is not`() throws {
        let networks = FakeNetworks()
        _ = networks.add(created: 1)
        var inside = #"[{"Id":"c7","Labels":{}}]"#
        let (node, engine) = try fakeNode(isHurried: true) { request in
            guard request.line.hasPrefix("GET /v1.41/containers/json"), request.line.contains("%22network%22") else {
                return networks.answer(request)
            }
            return .status(200, inside)
        }
        node.wait { engine.requests.contains { $0.line.contains("%22network%22") } }
        #expect(networks.all.count == 1)
        inside = "[]"
        node.wait { networks.all.isEmpty }
        #expect(engine.asked("GET /v1.41/networks?filters=").first?.line.contains("conclave.node%3D") == true)
    }
}

import Foundation
import NetworkHosts

/// Three hosts in network namespaces of their own, each with a container engine and a daemon: `m1`, `w1` and `w2`.
final class EngineHosts {
    static let nodes = ["m1", "w1", "w2"]

    let cluster: TestCluster
    private let network: TestNetwork
    let engines: [RealEngine]

    init(_ name: String, _ kind: String) throws {
        network = try TestNetwork(hosts: Self.nodes.count)
        do {
            engines = try RealEngine.start(kind, in: (1...Self.nodes.count).map(network.namespace))
        } catch {
            network.tearDown()
            throw error
        }
        cluster = try TestCluster(name)
        do {
            for (place, node) in Self.nodes.enumerated() {
                cluster.place(node, in: network.namespace(place + 1), address: network.address(place + 1))
                try cluster.start(node, ["--engine", engines[place].address])
            }
            try cluster.form(managers: ["m1"], workers: ["w1", "w2"])
            try cluster.waitEngines("m1", Self.nodes)
        } catch {
            tearDown()
            throw error
        }
    }

    /// The IDs of the containers of each host, whatever became of them.
    func containers() throws -> [String: [String]] { try each { try $0.containers() } }

    /// The networks of each host that were made for tasks.
    func networks() throws -> [String: [String]] { try each { try $0.networks() } }

    /// Waits until no engine has a container or a network of a task.
    func areEmpty() throws -> Bool {
        try eventually(within: 60) {
            try engines.allSatisfy { try $0.containers().isEmpty && $0.networks().isEmpty }
        }
    }

    /// A registry on each host, all at the same address and with the same image, so that each tells who asked it.
    func registries(user: String, password: String) throws -> [String: RealRegistry] {
        try each { try RealRegistry($0, user: user, password: password) }
    }

    private func each<Value>(_ ask: (RealEngine) throws -> Value) throws -> [String: Value] {
        Dictionary(uniqueKeysWithValues: zip(Self.nodes, try engines.map(ask)))
    }

    func tearDown() {
        cluster.tearDown()
        for engine in engines { engine.stop() }
        network.tearDown()
    }
}

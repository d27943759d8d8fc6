import Dispatching
import Drivers
import Model
import Seams

/// How a node is lost.
private enum Loss: CaseIterable {
    /// Its tasks are gone with it.
    case power
    /// Its agent is gone, and its tasks go on.
    case agent
    /// Agent and tasks go on, and nobody hears of them.
    case network
}

// MARK: - A node that is lost under load

extension ClusterSimulation {
    /// Loses a worker while services and secrets are updated, and lets it return.
    ///
    /// Whatever ran on it runs elsewhere a lease and a second later. When it has returned, what it ran before has ended
    /// and shows no secret, and no task runs twice.
    package func loseNode() throws(Failure) {
        load = .updates
        thinking = 1_000_000
        try begin("--lost-node --seed \(seed)")
        try advance(
            for: 60, until: { users.allSatisfy { $0.services.count == 2 } }, else: { "there are no services" })
        try pass(5 + world.below(5))
        guard let node = workers.max(by: { living(on: $0).count < living(on: $1).count }),
            let lease = managers.compactMap({ $0.daemon?.dispatcher?.lease }).first
        else { throw failure("there is no worker, or nobody leads") }
        let lost = living(on: node)
        guard !lost.isEmpty else { throw failure("no worker runs anything") }

        let loss = world.pick(Loss.allCases)
        let began = world.now
        lose(node, loss)
        let end = began + lease.milliseconds * 1000 + 1_000_000
        while world.now < end { try advance() }
        for program in lost {
            guard let start = lastStarts[program.launch.name], start.at > began, start.place != node.host.place else {
                throw failure("\(program.launch.name) ran on \(node.host.name), and does not run elsewhere")
            }
        }

        try pass(world.below(10))
        note("\(node.host.name) returns")
        world.cuts = []
        boot(node)
        try advance(
            for: 10, until: { isRid(node.host, of: lost) },
            else: { "\(node.host.name) has not ended what it ran before, or shows its secrets" })
        try pass(5)
        try settle()
    }

    private func lose(_ node: SimulatedNode, _ loss: Loss) {
        note("\(node.host.name) is lost: its \(loss)")
        switch loss {
        case .power: node.losePower()
        case .agent: node.kill()
        case .network: isolate(node)
        }
    }

    private func living(on node: SimulatedNode) -> [SimulatedProgram] {
        node.host.programs.keys.sorted().compactMap { node.host.programs[$0] }.filter { $0.isAlive && $0.isStarted }
    }

    private func isRid(_ host: SimulatedHost, of lost: [SimulatedProgram]) -> Bool {
        lost.allSatisfy { program in
            let task = program.launch.task
            return host.programs[task]?.isAlive != true && host.shown[task] == nil
        }
    }
}

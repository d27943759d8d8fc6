import Dispatching
import Drivers
import Model
import Raft
import Seams
import Store
import Worker

/// A value that an agent was sent, without the value.
struct SentValue: Equatable {
    var node: NodeID
    var secret: SecretID
    var version: UInt64
}

// MARK: - After every happening

extension ClusterSimulation {
    /// Holds a node that has just had its turn against the rules.
    func check(_ node: SimulatedNode) {
        guard let daemon = node.daemon else { return }
        if let consensus = daemon.consensus {
            consensus.checkInvariants()
            node.member = consensus.id
            node.durable = consensus.durable
            node.durableTerm = consensus.durableTerm
            checkLeader(consensus, node)
            checkCommit(consensus, node)
        }
        if let store = daemon.store, store.index != node.index { checkState(store, node) }
        if let dispatcher = daemon.dispatcher, let store = daemon.store { checkDeliveries(dispatcher, store, node) }
        if let agent = daemon.agent, let id = daemon.inspectedNode { checkAgent(agent, id, node) }
    }

    private func checkLeader(_ consensus: Consensus, _ node: SimulatedNode) {
        guard consensus.isLeader, node.leadsTerm != consensus.term else { return }
        node.leadsTerm = consensus.term
        node.deliveries = 0
        let place = node.host.place
        if let other = leaders.updateValue(place, forKey: consensus.term), other != place {
            fault("R1: \(nodes[other].host.name) and \(node.host.name) lead term \(consensus.term)")
        }
        if !isMajority(of: consensus.configuration, { $0.durableTerm >= consensus.term }) {
            fault("R2: \(node.host.name) leads term \(consensus.term), which is on the disks of no majority")
        }
    }

    /// What is committed for the first time is on the disks of a majority: nobody said so before.
    private func checkCommit(_ consensus: Consensus, _ node: SimulatedNode) {
        guard consensus.isLeader, consensus.commit > committed else { return }
        committed = consensus.commit
        if !isMajority(of: consensus.configuration, { $0.durable >= committed }) {
            fault("R6: \(node.host.name) commits \(committed), which is on the disks of no majority")
        }
    }

    private func isMajority(of configuration: Configuration, _ holds: (SimulatedNode) -> Bool) -> Bool {
        [configuration.voters, configuration.outgoing].allSatisfy { half in
            let count = half.count { voter in managers.contains { $0.member == voter && holds($0) } }
            return half.isEmpty || count * 2 > half.count
        }
    }

    private func checkState(_ store: ReplicatedStore, _ node: SimulatedNode) {
        node.index = store.index
        if let known = states.updateValue(store.stateHash, forKey: store.index), known != store.stateHash {
            fault("S1: \(node.host.name) has another state at \(store.index)")
        }
    }

    /// What was sent since the last look was needed by a task that is assigned to its receiver (D1).
    private func checkDeliveries(_ dispatcher: Dispatcher, _ store: ReplicatedStore, _ node: SimulatedNode) {
        let deliveries = dispatcher.trace.deliveries
        // Another reign's dispatcher begins anew.
        if node.deliveries > deliveries.count { node.deliveries = 0 }
        for delivery in deliveries[node.deliveries...] {
            delivered += 1
            let task = store.task(delivery.task)
            let needs = task?.spec?.program?.secrets.contains { $0.secretID == delivery.secret } ?? false
            if task?.nodeID != delivery.node || !needs || task?.hasEnded == true {
                fault("D1: node \(delivery.node) was sent \(delivery.secret) for \(delivery.task), which needs it not")
            }
            sent[delivery.task, default: []].append(
                SentValue(node: delivery.node, secret: delivery.secret, version: delivery.version))
        }
        node.deliveries = deliveries.count
    }

    private func checkAgent(_ agent: Agent, _ id: NodeID, _ node: SimulatedNode) {
        noteLease(agent, node)
        let held = agent.unfinishedTasks
        if held != node.tasks {
            node.tasks = held
            checkPlaces(held, id, node)
        }
        for task in held {
            guard let task = agent.task(task) else { continue }
            for value in task.values {
                guard task.secrets.contains(where: { $0.secretID == value.secretID }) else {
                    return fault("D1: \(node.host.name) holds \(value.secretID), which \(task.task.id) needs not")
                }
                let trace = SentValue(node: id, secret: value.secretID, version: value.version)
                guard sent[task.task.id]?.contains(trace) == true else {
                    return fault("D1: nobody sent \(node.host.name) version \(value.version) of \(value.secretID)")
                }
            }
        }
        for task in node.host.shown.keys where !held.contains(task) {
            return fault("W2: \(node.host.name) still shows the files of \(task), which has ended")
        }
    }

    /// What an agent has was assigned to it, and to no other node: a task never moves (D1).
    private func checkPlaces(_ tasks: [TaskID], _ id: NodeID, _ node: SimulatedNode) {
        guard let store = managers.compactMap({ $0.daemon?.store }).max(by: { $0.index < $1.index }) else { return }
        for task in tasks {
            guard let place = store.task(task)?.nodeID, place != id, place != .none else { continue }
            return fault("D1: \(node.host.name) has \(task), which is assigned to \(place)")
        }
    }

    // MARK: - Leases

    private func noteLease(_ agent: Agent, _ node: SimulatedNode) {
        if node.leaseEnd <= world.now { node.unleasedAt = world.now }
        guard let lapse = agent.lapse else { return }
        let end = lapse.rawValue * 1000
        let clock = node.host.clock
        // Drift over the rest of a lease is far below the margin that the agent leaves.
        node.leaseEnd = end > clock ? world.now + (end - clock) : min(node.leaseEnd, world.now)
    }

    /// A task begins to run. Another one of its slot may go on only if that node's lease once lapsed: the node could not
    /// be told; or, with the order start-first, one more.
    func check(started program: SimulatedProgram, on host: SimulatedHost) {
        started += 1
        lastStarts[program.launch.name] = (host.place, world.now)
        // A few milliseconds pass between the agent's word and the program's beginning.
        let own = nodes[host.place]
        if own.leaseEnd + 50_000 < world.now, own.isRunning {
            fault("D2: \(program.launch.name) starts on \(host.name), which holds no lease")
        }
        let others = nodes.flatMap { node in
            node.host.programs.values.filter { isKept($0, on: node, beside: program) }.map { _ in node }
        }
        guard others.count > (program.launch.name.hasPrefix(SimulatedUser.startFirst) ? 1 : 0) else { return }
        let told = others.map { "\($0.host.name), which holds its lease for \(($0.leaseEnd - world.now) / 1000) ms" }
        fault("D2: \(program.launch.name) starts on \(host.name) and runs on \(told.joined(separator: " and on "))")
    }

    /// Whether another task of a program's slot runs on a node that held its lease all the time.
    private func isKept(_ other: SimulatedProgram, on node: SimulatedNode, beside program: SimulatedProgram) -> Bool {
        other.launch.task != program.launch.task && other.launch.name == program.launch.name && other.isAlive
            && other.isStarted && node.leaseEnd > world.now && node.unleasedAt <= other.startedAt
    }

    // MARK: - At rest

    /// Why the cluster is not as its users left it; `nil`: it is.
    func unrest(_ users: [SimulatedUser]) -> String? {
        let stores = managers.compactMap { $0.daemon?.store }
        guard let leader = managers.first(where: { $0.daemon?.consensus?.hasCommittedOwnTerm == true }),
            let store = leader.daemon?.store, stores.count == managers.count
        else { return "nobody leads" }
        guard stores.allSatisfy({ $0.index == store.index }) else { return "managers are behind" }
        if stores.contains(where: { $0.stateHash != store.stateHash }) { return "stores differ" }
        for user in users {
            if let what = difference(user, store) { return what }
        }
        let secrets = users.reduce(0) { $0 + $1.secrets.count }
        guard store.secrets.count == secrets else { return "\(store.secrets.count) secrets in place of \(secrets)" }
        let services = users.reduce(0) { $0 + $1.services.count }
        guard store.services.count == services else {
            return "\(store.services.count) services in place of \(services)"
        }
        let wanted = users.reduce(0) { $0 + $1.services.reduce(0) { $0 + Int($1.believed.replicas) } }
        let running = nodes.reduce(0) { $0 + $1.host.programs.values.count { $0.isAlive } }
        guard running == wanted else { return "\(running) tasks run in place of \(wanted)" }
        for node in nodes {
            for task in node.host.shown.keys.sorted() where node.host.programs[task]?.isAlive != true {
                return "\(node.host.name) shows files of \(task), which does not run"
            }
        }
        return nil
    }

    private func difference(_ user: SimulatedUser, _ store: ReplicatedStore) -> String? {
        for secret in user.secrets {
            guard let kept = try? store.findSecret(secret.name) else { return "secret \(secret.name) is lost" }
            guard kept.current?.number == secret.version else {
                return "\(secret.name) is at \(kept.current?.number ?? 0) in place of \(secret.version)"
            }
        }
        for service in user.services {
            guard let kept = try? store.findService(service.name) else { return "service \(service.name) is lost" }
            guard kept.spec?.replicated?.replicas == service.believed.replicas else {
                return "\(service.name) has another number of replicas"
            }
            if let what = difference(user, service) { return "\(what) (\(kept.updateStatus?.message ?? "no update"))" }
        }
        return nil
    }

    /// What a service's tasks are and show, against its replicas and the newest values.
    private func difference(
        _ user: SimulatedUser, _ service: (name: String, believed: SimulatedUser.BelievedService)
    ) -> String? {
        var slots: Set<String> = []
        for host in nodes.map(\.host) {
            for task in host.programs.keys.sorted() {
                guard let program = host.programs[task], program.isAlive, program.isStarted,
                    program.launch.name.hasPrefix("\(service.name).")
                else { continue }
                let name = program.launch.name
                guard slots.insert(name).inserted else { return "\(name) runs twice" }
                let shown = host.shown[task] ?? [:]
                guard shown.count == service.believed.secrets.count else { return "\(name) shows \(shown.count) files" }
                for secret in service.believed.secrets {
                    guard shown[secret] == user.secrets.first(where: { $0.name == secret })?.value else {
                        return "\(name) shows another value of \(secret) than the newest"
                    }
                }
            }
        }
        guard slots.count == service.believed.replicas else {
            return "\(slots.count) tasks of \(service.name) run in place of \(service.believed.replicas)"
        }
        return nil
    }
}

import Disks
import Model

// MARK: - Faults

extension ClusterSimulation {
    func planFault() {
        world.plan(after: 50_000 + world.below(1_500_000)) { [self] in
            guard !isHealed else { return }
            act()
            planFault()
        }
    }

    private func act() {
        let node = world.pick(nodes)
        let host = node.host
        switch world.below(20) {
        case 0: crash(node, "is killed") { $0.kill() }
        case 1: crash(node, "loses its power") { $0.losePower() }
        case 2: failAtDisk(node)
        case 3: restart(node)
        case 4, 5: cut(host.place, world.pick(nodes).host.place, isBothWays: true)
        case 6: cut(host.place, world.pick(nodes).host.place, isBothWays: false)
        case 7: isolate(node)
        case 8, 9, 10:
            note("all cuts are healed")
            world.cuts = []
        case 11, 12: reset()
        case 13: pause(node)
        case 14:
            host.diskDelay = host.diskDelay == 0 ? 2000 + world.below(200_000) : 0
            note("\(host.name) has a disk delay of \(host.diskDelay) us")
        case 15:
            host.wallOffset = Int64(world.below(120_000_000)) - 60_000_000
            note("the wall clock of \(host.name) is \(host.wallOffset) us off")
        case 16:
            world.isRough.toggle()
            world.delays = world.isRough ? 100...5000 : 100...400
            note("the network is \(world.isRough ? "rough" : "smooth")")
        case 17:
            host.failuresInThousand = host.failuresInThousand == 0 ? 1 + world.below(20) : 0
            note("\(host.name) fails \(host.failuresInThousand) in a thousand")
        case 18: fill(host)
        default: break
        }
    }

    private func crash(_ node: SimulatedNode, _ how: String, _ body: (SimulatedNode) -> Void) {
        guard node.isRunning else { return }
        crashes += 1
        note("\(node.host.name) \(how)")
        body(node)
        planRestart(of: node, within: world.pick([200_000, 3_000_000, 12_000_000]))
    }

    /// The power goes in the middle of what is written next.
    private func failAtDisk(_ node: SimulatedNode) {
        guard node.isRunning, !node.host.losesPowerAtDisk else { return }
        node.host.losesPowerAtDisk = true
        node.host.files.disk.failsAt = node.host.files.disk.operations + Int(world.below(6))
    }

    private func restart(_ node: SimulatedNode) {
        guard node.isRunning else { return }
        note("\(node.host.name) is stopped in good order")
        node.stop { [self] in
            note("\(node.host.name) has stopped")
            planRestart(of: node, within: 500_000)
        }
    }

    private func cut(_ from: Int, _ to: Int, isBothWays: Bool) {
        guard from != to else { return }
        note("\(nodes[from].host.name) is cut off from \(nodes[to].host.name)\(isBothWays ? "" : ", one way")")
        world.cuts.insert([from, to])
        if isBothWays { world.cuts.insert([to, from]) }
    }

    func isolate(_ node: SimulatedNode) {
        note("\(node.host.name) is cut off from all others")
        let place = node.host.place
        for other in nodes.indices where other != place {
            world.cuts.insert([place, other])
            world.cuts.insert([other, place])
        }
    }

    /// One of the connections between hosts breaks.
    private func reset() {
        let open = nodes.flatMap { $0.process?.connections ?? [] }.filter(\.isBetweenHosts)
        guard !open.isEmpty else { return }
        let connection = world.pick(open)
        note("the connection of \(connection.process.host.name) to \(connection.peer) breaks")
        connection.reset()
    }

    private func pause(_ node: SimulatedNode) {
        guard let process = node.process, node.isRunning else { return }
        let length = world.pick([30_000, 700_000, 9_000_000]) + world.below(100_000)
        note("\(node.host.name) stands still for \(length / 1000) ms")
        process.pausedUntil = world.now + length
    }

    private func fill(_ host: SimulatedHost) {
        let disk = host.files.disk
        disk.capacity = disk.capacity == .max ? .max - disk.freeBytes : .max
        note("the disk of \(host.name) \(disk.capacity == .max ? "has space again" : "is full")")
    }

    /// No more faults: everything runs, reaches everything, and has space.
    func heal() {
        note("all is healed")
        isHealed = true
        world.cuts = []
        world.isRough = false
        world.delays = 100...400
        for node in nodes {
            node.host.diskDelay = 0
            node.host.failuresInThousand = 0
            node.host.files.disk.capacity = .max
            if node.host.losesPowerAtDisk {
                // A disk that has failed already has lost its power.
                if node.host.files.disk.hasFailed { node.losePower() }
                node.host.losesPowerAtDisk = false
                node.host.files.disk.failsAt = nil
            }
            node.process?.pausedUntil = 0
            if !node.isRunning { boot(node) }
        }
    }
}

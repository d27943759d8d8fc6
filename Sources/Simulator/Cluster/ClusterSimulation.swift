import Bytes
import Drivers
import Logging
import Model
import Raft
import Seams
import Store
import Wire

/// A whole cluster of real daemons in one thread: managers, workers, users at their sockets, and faults from one seed.
///
/// Daemons, drivers, links with their handshakes, logs and stores are the real ones; the world around them, the
/// programs of tasks and the tasks' file systems are simulated. The rules are checked after every happening. Then
/// all faults end, and the cluster must come to rest as its users left it, and answer whatever is asked of any manager.
package final class ClusterSimulation {
    package struct Failure: Error, CustomStringConvertible {
        package let what: String
        package let story: [String]
        /// The command that does it again.
        package let repetition: String
        package var description: String { (story + [what, "repeat: \(repetition)"]).joined(separator: "\n") }
    }

    package let seed: UInt64
    package let world: SimulatedWorld
    private(set) var nodes: [SimulatedNode] = []
    private(set) var managers: [SimulatedNode] = []
    private(set) var workers: [SimulatedNode] = []
    private(set) var users: [SimulatedUser] = []
    /// The longest pause between two requests of a user, in microseconds.
    var thinking: UInt64
    /// What users ask for.
    var load = SimulatedUser.Load.all
    var isHealed = true
    /// Nothing is wrong, nor has been of late: what is asked is answered, the first time that it is asked.
    private(set) var isCalm = false
    private var repetition = ""
    private var story: [String] = []
    private var firstFault: String?
    private let log = LogLines()

    // What was seen so far, for the checks.
    var leaders: [Term: Int] = [:]
    var states: [Index: UInt64] = [:]
    var sent: [TaskID: [SentValue]] = [:]
    var committed = Index.zero
    /// Where and when a task of each name began to run last.
    var lastStarts: [String: (place: Int, at: UInt64)] = [:]

    package internal(set) var acknowledged = 0
    package internal(set) var crashes = 0
    package internal(set) var delivered = 0
    package internal(set) var started = 0

    package init(seed: UInt64) {
        self.seed = seed
        world = SimulatedWorld(seed: seed)
        thinking = world.pick([200_000, 1_000_000, 4_000_000])
        let managerCount = world.pick([1, 3, 3, 3, 5])
        let workerCount = 2 + Int(world.below(3))
        for place in 0..<managerCount { managers.append(SimulatedNode(world.makeHost("m\(place + 1)"))) }
        for place in 0..<workerCount { workers.append(SimulatedNode(world.makeHost("w\(place + 1)"))) }
        nodes = managers + workers
        for number in 1...3 { users.append(SimulatedUser(self, number)) }
        world.started = { [unowned self] host, program in check(started: program, on: host) }
    }

    /// Happenings so far, and the time that they took in the world.
    package var events: Int { world.events }
    package var milliseconds: UInt64 { world.now / 1000 }
    /// A number that is the same when two runs were.
    package var digest: UInt64 {
        var digest = world.now &+ UInt64(world.events)
        for node in nodes { digest = digest &* 31 &+ (node.daemon?.store?.stateHash ?? 1) }
        return digest &+ world.random.next()
    }

    /// Builds the cluster, lets `seconds` of faults and load pass, heals everything and waits for rest.
    package func run(seconds: UInt64) throws(Failure) {
        try begin("--cluster --seed \(seed) --seconds \(seconds)")
        isHealed = false
        planFault()
        try pass(seconds)
        heal()
        try settle()
        try calm()
    }

    /// Builds the cluster, and lets users begin.
    ///
    /// - Parameter words: the arguments of `Tools/simulate` that do it again.
    func begin(_ words: String) throws(Failure) {
        repetition = "Tools/simulate \(words)"
        for node in nodes { boot(node) }
        try found()
        for user in users { user.begin() }
    }

    // MARK: - Happenings

    func advance() throws(Failure) {
        let process = world.advance()
        for line in log.take() { note(line) }
        if let process {
            let node = nodes[process.host.place]
            if node.process === process { check(node) }
        }
        if let firstFault { throw failure(firstFault) }
        if let wrong = world.wrong { throw failure(wrong) }
        for node in nodes where node.process != nil && !node.isRunning { gone(node) }
    }

    /// Lets `seconds` pass.
    func pass(_ seconds: UInt64) throws(Failure) {
        let end = world.now + seconds * 1_000_000
        while world.now < end { try advance() }
    }

    func advance(
        for seconds: UInt64, until isDone: () -> Bool, else complaint: () -> String
    ) throws(Failure) {
        let end = world.now + seconds * 1_000_000
        while !isDone() {
            guard world.now < end else { throw failure(complaint()) }
            try advance()
        }
    }

    /// A rule is broken.
    func fault(_ what: String) { firstFault = firstFault ?? what }

    func note(_ line: @autoclosure () -> String) {
        story.append("\(world.now / 1000) ms: \(line())")
        if story.count > 2000 { story.removeFirst(1000) }
    }

    func failure(_ what: String) -> Failure {
        Failure(
            what: "at \(world.now / 1000) ms: \(what)", story: Array(story.suffix(60)), repetition: repetition)
    }

    // MARK: - Daemons

    func boot(_ node: SimulatedNode) {
        node.isRestartPlanned = false
        let name = node.host.name
        let logger = Logger(level: .info) { [log] line in log.add("\(name) \(line.dropFirst(25))") }
        node.boot(logger) { [unowned self, unowned node] failure in
            // A disk that loses its power says so first.
            guard !node.host.losesPowerAtDisk else { return }
            fault("\(name) can't go on: \(failure.message): \(failure.why)")
        }
    }

    /// The power went with an operation of the disk.
    private func gone(_ node: SimulatedNode) {
        crashes += 1
        note("\(node.host.name) lost its power at its disk")
        node.forget()
        planRestart(of: node, within: 5_000_000)
    }

    func planRestart(of node: SimulatedNode, within microseconds: UInt64) {
        guard !node.isRestartPlanned else { return }
        node.isRestartPlanned = true
        world.plan(after: world.below(microseconds)) { [self] in
            guard node.isRestartPlanned else { return }
            note("\(node.host.name) starts")
            boot(node)
        }
    }

    // MARK: - The beginning

    private func ask(_ node: SimulatedNode, _ operation: Operation) throws(Failure) -> Reply {
        var request = Request()
        request.id = RequestID(random: &world.random)
        request.operation = operation
        var answer: SimulatedClient.Answer?
        guard let process = node.client() else { throw failure("\(node.host.name) has no power") }
        _ = SimulatedClient(process, socket: SimulatedNode.socket, request) { answer = $0 }
        try advance(for: 30, until: { answer != nil }, else: { "no answer from \(node.host.name)" })
        switch answer {
        case .success(let reply)?: return reply
        case .failure(let error)?: throw failure("\(error.message) \(error.why)")
        case nil: throw failure("no answer")
        }
    }

    /// Founds the cluster at the first manager; the others join by its tokens.
    private func found() throws(Failure) {
        var spec = InitCluster()
        spec.name = managers[0].host.name
        _ = try ask(managers[0], .initCluster(spec))
        for (role, joiners) in [(Role.manager, managers.dropFirst()), (.worker, workers[...])] {
            var get = GetJoinToken()
            get.role = role
            guard case .token(let shown)? = try ask(managers[0], .getJoinToken(get)).result else {
                throw failure("there is no join token")
            }
            for node in joiners {
                var join = JoinCluster()
                join.token = shown.token
                join.managers = [managers[0].address]
                _ = try ask(node, .joinCluster(join))
            }
        }
        let (nodeCount, voterCount) = (nodes.count, managers.count)
        try advance(
            for: 60,
            until: { [managers] in
                guard let daemon = managers[0].daemon, let store = daemon.store else { return false }
                let voters = daemon.consensus?.configuration.voters ?? []
                return voters.count == voterCount
                    && store.allNodes.count { $0.status?.state == .ready } == nodeCount
            }, else: { "the cluster is not complete after a minute" })
        note("the cluster is complete")
    }

    // MARK: - The end

    func settle() throws(Failure) {
        for user in users { user.isEnding = true }
        try advance(
            for: 120, until: { users.allSatisfy(\.isIdle) }, else: { "a request is not answered in two minutes" })
        note("all requests are answered")
        var what: String? = ""
        var looked: UInt64 = 0
        // Failed tasks are started again after five minutes at most.
        try advance(
            for: 400,
            until: {
                // What takes long to look at is looked at ten times a second.
                guard world.now >= looked else { return false }
                looked = world.now + 100_000
                what = unrest(users)
                return what == nil
            }, else: { "no rest: \(what ?? "")" })
    }

    /// Users ask quickly, any manager, while nothing is wrong.
    private func calm() throws(Failure) {
        note("all is calm")
        isCalm = true
        thinking = 50_000
        for user in users {
            user.isEnding = false
            user.begin()
        }
        try pass(3)
        try settle()
    }
}

/// Lines of the daemons' logs, until they are part of the story. On the simulation's one thread.
private final class LogLines: @unchecked Sendable {
    private var lines: [String] = []
    func add(_ line: String) { lines.append(line) }
    func take() -> [String] {
        guard !lines.isEmpty else { return [] }
        defer { lines = [] }
        return lines
    }
}

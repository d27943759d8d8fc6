import Bytes
import Link
import Linux
import Logging
import Model
import Seams
import Store
import TestSupport
import Testing
import Wire

@testable import Drivers

/// The manager's end of a channel whose other end is the test.
final class TestPort: Port {
    struct Sent {
        var type: FrameType
        var stream: UInt32
        var flags: FrameFlags
        var body: Bytes
    }
    private(set) var sent: [Sent] = []
    var held: [UInt32: Int] = [:]
    private(set) var credits: [UInt32: Int] = [:]
    private(set) var closed: Set<UInt32> = []
    private(set) var farewell: Failure?
    /// Whether its other end has left too much unread.
    var isUnread = false
    private var next: UInt32 = 2

    /// - Parameter node: none: a client of the control socket.
    init(_ node: NodeID = .none) {
        super.init()
        self.node = node
        role = node == .none ? .unspecified : .worker
        isOpen = true
    }

    override func openStream() -> UInt32 {
        defer { next += 2 }
        return next
    }
    override func send(_ type: FrameType, stream: UInt32, flags: FrameFlags, _ body: Bytes) {
        sent.append(Sent(type: type, stream: stream, flags: flags, body: body))
    }
    override var isFull: Bool { isUnread }
    override func consumed(_ bytes: Int, of stream: UInt32) { credits[stream, default: 0] += bytes }
    override func heldBytes(of stream: UInt32) -> Int { held[stream] ?? 0 }
    override func closeStream(_ stream: UInt32) {
        closed.insert(stream)
        held[stream] = nil
    }
    override func close(_ failure: Failure?) {
        farewell = failure
        isOpen = false
    }

    func last<M: Message>(_ type: FrameType, _: M.Type = M.self) -> M? {
        sent.last { $0.type == type }.flatMap { try? M.decode($0.body) }
    }
    func count(_ type: FrameType) -> Int { sent.count { $0.type == type } }
}

/// A manager that leads alone, whose workers and clients are the test.
final class ManagerBench {
    let linux = LinuxEnvironment()
    let manager: Manager
    private let folder = TemporaryFolder("manager")
    private let state: StateDirectory
    /// The tasks that each worker was assigned.
    private(set) var tasks: [NodeID: [TaskID]] = [:]
    private var workers: UInt64 = 0

    init() throws {
        let logger = Logger(level: .error) { _ in }
        var generator = linux.makeGenerator()
        let (identity, keyring) = Joining.found(
            name: "m1", address: "192.0.2.1:7377", at: linux.time.wallClock, from: &generator)
        state = StateDirectory(linux, folder["state"])
        try state.open()
        try state.begin(identity, keyring)
        let links = try Links(environment: linux, logger: logger, identity: identity, keyring: keyring)
        manager = try Manager(
            environment: linux, logger: logger, identity: identity, keyring: keyring, state: state, links: links)
        manager.foundingAvailability = .drain
        manager.start()
        try #require(wait { self.manager.leading != nil && self.manager.store.cluster != nil })
    }

    deinit {
        var isStopped = false
        manager.stop { isStopped = true }
        _ = linux.loop.run(until: { isStopped }, limit: .seconds(20))
    }

    func wait(_ condition: () -> Bool) -> Bool { linux.loop.run(until: condition, limit: .seconds(20)) }

    /// Commits what a test needs to be there.
    func commit(_ command: Command, at time: Timestamp? = nil) throws {
        var proposal = Proposal()
        proposal.time = time ?? linux.time.wallClock
        proposal.command = command
        var outcome: Result<Applied, Failure>?
        manager.member.propose(proposal) { outcome = $0 }
        try #require(wait { outcome != nil })
        #expect(try outcome?.get().outcome.failure == nil)
    }

    /// A worker of the cluster that has registered.
    func worker() throws -> TestPort {
        workers += 1
        var node = Node()
        node.id = NodeID(high: 8, low: workers)
        node.name = "w\(workers)"
        node.role = .worker
        node.spec = NodeSpec()
        node.spec?.role = .worker
        node.spec?.availability = .active
        node.key = Bytes([UInt8](repeating: UInt8(workers), count: 32))
        var add = AddNode()
        add.node = node
        try commit(.addNode(add))
        let port = TestPort(node.id)
        register(port)
        try #require(wait { self.manager.store.node(node.id)?.status?.state == .ready })
        return port
    }

    func register(_ port: TestPort, _ change: (inout Register) -> Void = { _ in }) {
        var register = Register()
        register.sealKey = Bytes([UInt8](repeating: 5, count: 32))
        var description = NodeDescription()
        description.runners = ["process"]
        register.description = description
        change(&register)
        receive(.register, from: port, register)
    }

    /// Runs a task of a service of its own on each of the workers.
    func run(_ ports: [TestPort]) throws -> [TaskID] {
        var program = ProgramSpec()
        program.command = ["/bin/sleep", "1"]
        var spec = ServiceSpec()
        spec.name = "web"
        spec.task = TaskSpec()
        spec.task?.program = program
        spec.replicated = ReplicatedMode()
        spec.replicated?.replicas = UInt64(ports.count)
        var create = CreateService()
        create.id = ServiceID(high: 7, low: 1)
        create.spec = spec
        try commit(.createService(create))
        func task(of port: TestPort) -> TaskID? { manager.store.tasks(on: port.node).first?.id }
        try #require(wait { ports.allSatisfy { task(of: $0) != nil } })
        for port in ports { report(port, try #require(task(of: port)), .running) }
        return try ports.map { try #require(task(of: $0)) }
    }

    func report(_ port: TestPort, _ task: TaskID, _ state: TaskState) {
        var one = TaskReport()
        one.taskID = task
        one.status = TaskStatus()
        one.status?.state = state
        var report = ReportTasks()
        report.session = port.last(.registered, Registered.self)?.session ?? .none
        report.number = 1
        report.tasks = [one]
        receive(.reportTasks, from: port, report)
    }

    func receive(
        _ type: FrameType, stream: UInt32 = 0, flags: FrameFlags = [], from port: TestPort, _ message: some Message
    ) {
        let incoming = Multiplexer.Incoming(type: type, stream: stream, flags: flags, body: message.encoded())
        // As the daemon does with its clients' frames.
        if port.node == .none {
            _ = manager.relays.relay(incoming, from: port)
        } else {
            _ = manager.received(incoming, from: port)
        }
    }

    /// Turns the loop until all that was to be done at a turn's end is done.
    func turn() {
        var isOver = false
        linux.time.after(.zero) { isOver = true }
        _ = wait { isOver }
    }
}

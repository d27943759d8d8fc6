import Bytes
import Identity
import Link
import Linux
import Logging
import Model
import Primitives
import Sealing
import Seams
import Testing
import Wire

@testable import Drivers

/// A connection of somebody who says nothing.
private final class StalledConnection: Connection {
    let local = SocketAddress.tcp(host: "192.0.2.1", port: 1)
    let peer: SocketAddress
    var wasAborted = false
    var credentials: Credentials? { nil }
    var pendingBytes: Int { 0 }
    init(_ peer: SocketAddress) { self.peer = peer }
    func start(_ events: any ConnectionEvents) {}
    func write(_ pieces: [Bytes]) {}
    func write(wiping pieces: [Bytes]) {}
    func pause() {}
    func resume() {}
    func end() {}
    func close() {}
    func abort() { wasAborted = true }
}

/// The node behind the links: a table that a test fills.
private final class Table: LinksEvents {
    var rows: [NodeID: Node] = [:]
    var isManager = true
    func row(of node: NodeID) -> Node? { rows[node] }
    func token(_ handle: Handle) -> JoinSecret? { nil }
    var keys: ClusterKeyring?
    var closed: [Peer] = []
    var messages: [(message: Multiplexer.Incoming, peer: Peer)] = []
    func linkKey(_ epoch: UInt32) -> SecretBox? { keys?.linkKeys.key(of: epoch) }
    func opened(_ peer: Peer) {}
    func closed(_ peer: Peer) { closed.append(peer) }
    func message(_ message: Multiplexer.Incoming, from peer: Peer) { messages.append((message, peer)) }
    func enrol(_ enrol: Enrol, token: Handle, peer: Peer) {}
}

/// A manager's links, and a cluster that certifies whoever a test needs.
private struct World {
    let host = LinuxEnvironment()
    let table = Table()
    let identity: NodeIdentity
    let keyring: Keyring
    let links: Links
    let now: Timestamp

    init() throws {
        now = host.time.wallClock
        var generator = host.makeGenerator()
        (identity, keyring) = Joining.found(
            name: "first", address: "192.0.2.1:7377", at: now, from: &generator)
        links = try Links(
            environment: host, logger: Logger(level: .error) { _ in }, identity: identity, keyring: keyring)
        links.events = table
        table.keys = keyring.cluster
    }

    /// A worker of this cluster with links of its own, in this process.
    func worker() throws -> (links: Links, table: Table, node: NodeID) {
        var generator = SecureGenerator()
        let key = AgreementKey(random: &generator)
        let guest = try guest(key: key)
        let linkKey = try #require(table.linkKey(1))
        var own = NodeIdentity()
        own.clusterID = identity.clusterID
        own.nodeID = guest.row.id
        own.incarnation = guest.row.incarnation
        own.rootKey = identity.rootKey
        own.certificate = guest.payload.certificate
        own.issuer = guest.payload.issuer
        own.ticketEpoch = 1
        var keys = Keyring()
        keys.nodeKey = key.secret
        keys.ticket = guest.row.ticket
        keys.ticketKey = linkKey.lend { LinkTicket(handle: guest.row.ticket, linkKey: $0).key }
        let links = try Links(
            environment: host, logger: Logger(level: .error) { _ in }, identity: own, keyring: keys)
        let theirs = Table()
        theirs.isManager = false
        links.events = theirs
        return (links, theirs, guest.row.id)
    }

    func wait(_ condition: () -> Bool) -> Bool { host.loop.run(until: condition, limit: .seconds(20)) }

    /// A node with a row and a certificate, as the cluster makes them.
    struct Guest {
        var payload = InitiatorPayload()
        var row = Node()
        var key: PublicKey
        var hello: LinkHello
    }

    func guest(
        _ role: Role = .worker, from start: Timestamp? = nil, seconds: UInt64 = 3600, certified: PublicKey? = nil,
        key own: AgreementKey? = nil
    ) throws -> Guest {
        var generator = SecureGenerator()
        let key = (own ?? AgreementKey(random: &generator)).publicKey
        let handle = Handle(random: &generator)
        var guest = Guest(key: key, hello: LinkHello(purpose: .node, epoch: 1, handle: handle))
        guest.row.id = NodeID(random: &generator)
        guest.row.role = role
        guest.row.key = (certified ?? key).bytes
        guest.row.serial = Serial(random: &generator)
        guest.row.ticket = handle
        guest.row.incarnation = Incarnation(random: &generator)
        let issuing = SigningKey(seed: try #require(keyring.issuingSeed))
        guest.payload.certificate = issuing.certify(
            node: guest.row.id, role: role, key: certified ?? key, clusterID: identity.clusterID,
            serial: guest.row.serial, epoch: 1, validity: Validity(from: start ?? now, seconds: seconds))
        guest.payload.issuer = identity.ownIssuer
        guest.payload.expected = identity.nodeID
        table.rows[guest.row.id] = guest.row
        return guest
    }

    /// Whether the guest may come in; the peer as it was judged.
    func judge(_ guest: Guest) throws -> Peer {
        let peer = peer(guest)
        try links.judge(guest.payload, key: guest.key, hello: guest.hello, peer: peer)
        return peer
    }

    /// Whether the guest may be dialled.
    func dial(_ guest: Guest, as node: NodeID? = nil) throws {
        let peer = peer(guest)
        peer.node = node ?? guest.row.id
        var payload = ResponderPayload()
        payload.certificate = guest.payload.certificate
        payload.issuer = guest.payload.issuer
        _ = try links.judge(payload, key: guest.key, peer: peer)
    }

    private func peer(_ guest: Guest) -> Peer {
        let peer = Peer(
            accept: StalledConnection(.tcp(host: "192.0.2.2", port: 2)), environment: host, authority: links)
        peer.parameters.incarnation = guest.row.incarnation
        return peer
    }
}

@Suite(.serialized) struct LinksTests {
    @Test func `a listed node comes in, with the role of its row`() throws {
        let world = try World()
        var guest = try world.guest(.manager)
        #expect(try world.judge(guest).role == .manager)
        // Demoted: the table counts, not the certificate.
        guest.row.role = .worker
        world.table.rows[guest.row.id] = guest.row
        let peer = try world.judge(guest)
        #expect(peer.role == .worker && peer.node == guest.row.id)
    }

    @Test func `whoever differs from its row, or has none, stays out`() throws {
        let world = try World()
        let guest = try world.guest()
        var generator = SecureGenerator()
        let changes: [(inout Node) -> Void] = [
            { $0.key = Bytes([UInt8](repeating: 1, count: 32)) },
            { $0.serial = Serial(high: 1, low: 1) },
            { $0.ticket = Handle(high: 1, low: 1) },
            { $0.incarnation = Incarnation(high: 1, low: 1) },
        ]
        for change in changes {
            var row = guest.row
            change(&row)
            world.table.rows[guest.row.id] = row
            #expect(throws: LinkError.self) { try world.judge(guest) }
        }
        world.table.rows[guest.row.id] = nil
        #expect(throws: LinkError.self) { try world.judge(guest) }
        world.table.rows[guest.row.id] = guest.row
        var elsewhere = guest
        elsewhere.payload.expected = NodeID(random: &generator)
        #expect(throws: LinkError.self) { try world.judge(elsewhere) }
        #expect(throws: Never.self) { try world.judge(guest) }
    }

    @Test func `a certificate of another key, another cluster or another issuer is refused`() throws {
        let world = try World()
        var generator = SecureGenerator()
        let borrowed = try world.guest(certified: AgreementKey(random: &generator).publicKey)
        #expect(throws: LinkError.self) { try world.judge(borrowed) }
        let foreign = try World()
        let stranger = try foreign.guest(.manager)
        world.table.rows[stranger.row.id] = stranger.row
        #expect(throws: LinkError.self) { try world.judge(stranger) }
        #expect(throws: LinkError.self) { try world.dial(stranger) }
        // The right chain's issuer does not vouch for a certificate that another one signed.
        var mixed = stranger
        mixed.payload.issuer = world.identity.ownIssuer
        #expect(throws: LinkError.self) { try world.judge(mixed) }
        // A certificate of a node is no issuer.
        var chained = try world.guest()
        chained.payload.issuer = chained.payload.certificate
        #expect(throws: LinkError.self) { try world.judge(chained) }
    }

    @Test func `every byte of a certificate counts`() throws {
        let world = try World()
        let guest = try world.guest()
        let bytes = guest.payload.certificate.array
        for place in bytes.indices {
            var changed = guest
            var copy = bytes
            copy[place] ^= 1 << UInt8(place % 8)
            changed.payload.certificate = Bytes(copy)
            #expect(throws: LinkError.self, "byte \(place)") { try world.judge(changed) }
            changed.payload.certificate = Bytes(bytes[..<place])
            #expect(throws: LinkError.self, "cut at \(place)") { try world.judge(changed) }
        }
    }

    @Test func `an expired worker stays out, an expired manager of the table comes in`() throws {
        let world = try World()
        let start = Timestamp(seconds: world.now.seconds - 86_400)
        let worker = try world.guest(.worker, from: start, seconds: 60)
        #expect(throws: LinkError.unauthorised("its certificate has ended")) { try world.judge(worker) }
        let manager = try world.guest(.manager, from: start, seconds: 60)
        #expect(throws: Never.self) { try world.judge(manager) }
        #expect(throws: Never.self) { try world.dial(manager) }
        // A worker has no table, and only the certificate to go by.
        world.table.isManager = false
        #expect(throws: LinkError.unauthorised("its certificate has ended")) { try world.dial(manager) }
    }

    @Test func `only the manager that was meant is dialled`() throws {
        let world = try World()
        var generator = SecureGenerator()
        let manager = try world.guest(.manager)
        #expect(throws: Never.self) { try world.dial(manager) }
        #expect(throws: LinkError.self) { try world.dial(manager, as: NodeID(random: &generator)) }
        #expect(throws: LinkError.unauthorised("it is no manager")) { try world.dial(try world.guest(.worker)) }
    }

    @Test func `a bulk connection is dialled when an end needs it, serves both, and ends when idle`() throws {
        let world = try World()
        let (links, theirs, node) = try world.worker()
        let listener = try world.host.network.listen(.tcp(host: "127.0.0.1", port: 0), ListenOptions()) {
            world.links.accept($0)
        }
        defer { listener.close() }
        defer {
            links.stop()
            world.links.stop()
        }
        links.dial(world.identity.nodeID, "\(listener.address)")
        must(world.wait { world.links.peers[node] != nil && links.peers[world.identity.nodeID] != nil })
        let (manager, worker) = (world.links.peers[node], links.peers[world.identity.nodeID])
        // The manager needs it, and the worker, which alone can dial, is asked. Who comes meanwhile shares it.
        var got: [Port?] = []
        for _ in 0..<3 { manager?.bulk { got.append($0) } }
        must(world.wait { got.count == 3 })
        let far = try #require(got[0] as? Peer)
        #expect(got.allSatisfy { $0 === far } && far !== manager && far.isBulk && far.node == node)
        let stream = far.openStream()
        far.send(.execStart, stream: stream, ExecStart().encoded())
        must(world.wait { !theirs.messages.isEmpty })
        let near = try #require(theirs.messages.first?.peer)
        #expect(near.isBulk && near !== worker && theirs.messages[0].message.type == .execStart)
        // The other end has it already.
        var own: Port?
        worker?.bulk { own = $0 }
        #expect(own === near)
        // While a stream is open nothing is idle.
        near.idleLimit = .milliseconds(1)
        near.send(.execExit, stream: stream, flags: [.end, .response], ExecExit().encoded())
        must(world.wait { world.table.closed.contains { $0 === far } && theirs.closed.contains { $0 === near } })
        #expect(manager?.isOpen == true && worker?.isOpen == true)
        // And again.
        var again: Port?
        worker?.bulk { again = $0 }
        must(world.wait { again != nil })
        #expect(again !== near)
        // The link is the life of both.
        worker?.close()
        must(world.wait { theirs.closed.count == 3 && world.table.closed.count == 3 })
        #expect(again?.isOpen == false)
        var late: [Port?] = []
        worker?.bulk { late.append($0) }
        #expect(late.count == 1 && late[0] == nil)
    }

    @Test func `a link that ends takes its bulk connection along, and whoever used that is told`() throws {
        let world = try World()
        let (links, _, node) = try world.worker()
        let listener = try world.host.network.listen(.tcp(host: "127.0.0.1", port: 0), ListenOptions()) {
            world.links.accept($0)
        }
        defer { listener.close() }
        defer { for links in [links, world.links] { links.stop() } }
        links.dial(world.identity.nodeID, "\(listener.address)")
        must(world.wait { world.links.peers[node] != nil })
        // Nobody keeps the port but the link itself.
        var number: UInt64?
        world.links.peers[node]?.bulk { number = $0?.number }
        must(world.wait { number != nil })
        world.links.peers[node]?.close()
        must(world.wait { world.table.closed.contains { $0.number == number } })
    }

    @Test func `when all channels together hold too much, the worker who holds most goes`() throws {
        let world = try World()
        let listener = try world.host.network.listen(.tcp(host: "127.0.0.1", port: 0), ListenOptions()) {
            world.links.accept($0)
        }
        defer { listener.close() }
        let (greedy, modest) = (try world.worker(), try world.worker())
        defer { for links in [greedy.links, modest.links, world.links] { links.stop() } }
        for worker in [greedy, modest] { worker.links.dial(world.identity.nodeID, "\(listener.address)") }
        must(world.wait { world.links.peers.count == 2 && greedy.links.peers.count == 1 })
        world.links.mostHeldBytes = 20 << 20
        let silent = try #require(greedy.links.peers[world.identity.nodeID])
        silent.connection.pause()
        let peer = try #require(world.links.peers[greedy.node])
        // What the kernel takes is not held here.
        for _ in 0..<50 { peer.send(.assignment, Bytes([UInt8](repeating: 1, count: 1 << 20))) }
        must(world.wait { world.links.peers[greedy.node] == nil })
        #expect(world.links.peers[modest.node] != nil)
    }

    @Test func `of strangers the oldest makes room`() throws {
        let world = try World()
        var connections: [StalledConnection] = []
        for number in 0..<(Links.mostStrangers + 10) {
            // From many addresses, of each of which only so many are let in.
            let connection = StalledConnection(.tcp(host: "192.0.2.\(number % 10)", port: 1))
            connections.append(connection)
            world.links.accept(connection)
        }
        #expect(connections.prefix(10).allSatisfy { $0.wasAborted })
        #expect(connections.dropFirst(10).allSatisfy { !$0.wasAborted })
        // And none has his place for ever.
        must(world.wait { connections.allSatisfy { $0.wasAborted } })
    }

    @Test func `an enrolment is for the key that the handshake proved`() throws {
        let world = try World()
        var guest = try world.guest()
        guest.hello = LinkHello(purpose: .join, epoch: 0, handle: guest.hello.handle)
        #expect(throws: LinkError.self) { try world.judge(guest) }
        var enrol = Enrol()
        enrol.key = guest.key.bytes
        guest.payload.enrol = enrol
        #expect(try world.judge(guest).enrol != nil)
        guest.payload.enrol?.key = Bytes([UInt8](repeating: 1, count: 32))
        #expect(throws: LinkError.self) { try world.judge(guest) }
    }
}

/// A call that changes what it is made on can't stand inside `#expect`.
private func must(_ truth: Bool, at place: SourceLocation = #_sourceLocation) { #expect(truth, sourceLocation: place) }

@Test func `one address knocks only so often and so much at once, and keeps no other out`() {
    let one = SocketAddress.tcp(host: "192.0.2.1", port: 1)
    let other = SocketAddress.tcp(host: "192.0.2.2", port: 1)
    var gate = Gate()
    for _ in 0..<Gate.mostOpening { must(gate.admits(one, at: .zero)) }
    must(!gate.admits(one, at: .zero))
    must(gate.admits(other, at: .zero))
    gate.settled(one)
    must(gate.admits(one, at: .zero))
    var bucket = Gate()
    var admitted = 0
    for _ in 0..<1000 where bucket.admits(one, at: .zero) {
        admitted += 1
        bucket.settled(one)
    }
    #expect(admitted == Int(Gate.burst))
    must(bucket.admits(one, at: Moment(milliseconds: 100)))
}

@Test func `an opening is fresh once, until two generations have passed`() {
    var gate = Gate()
    must(gate.isFresh(Bytes([1]), at: .zero))
    must(!gate.isFresh(Bytes([1]), at: Moment(milliseconds: 31_000)))
    must(!gate.isFresh(Bytes([1]), at: Moment(milliseconds: 32_000)))
    must(gate.isFresh(Bytes([2]), at: Moment(milliseconds: 62_000)))
    must(gate.isFresh(Bytes([1]), at: Moment(milliseconds: 93_000)))
}

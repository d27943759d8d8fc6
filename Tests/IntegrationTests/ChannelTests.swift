import Bytes
import Drivers
import Foundation
import Identity
import Model
import Primitives
import Sealing
import Testing
import Wire

/// Who knocks at a real manager's port, and what it costs the manager.
@Suite(.serialized, .enabled(if: isRoot, "daemons need root"))
struct ChannelTests {
    /// A manager, and a worker whose daemon is ended so that the test can take its place.
    private func form(_ name: String) throws -> (TestCluster, Dialler) {
        let cluster = try TestCluster(name)
        do {
            try cluster.form(managers: ["m1"], workers: ["w1"])
            cluster.kill("w1")
            return (cluster, try dialler(cluster, "w1"))
        } catch {
            cluster.tearDown()
            throw error
        }
    }

    private func dialler(_ cluster: TestCluster, _ node: String) throws -> Dialler {
        let port = try #require(Int(cluster.address("m1").split(separator: ":")[1]))
        return try Dialler(state: cluster.folder(node).appending(path: "state").path, port: port)
    }

    /// The node's certificate once more, with another span or by another issuing key.
    private func certificate(
        of node: NodeIdentity, by issuer: Dialler, from start: Timestamp, seconds: UInt64 = 3600
    ) throws -> Bytes {
        let body = try CertificateBody.decode(Certificate.decode(node.certificate).body)
        let key = try #require(PublicKey(body.key))
        return SigningKey(seed: try #require(issuer.keyring.issuingSeed)).certify(
            node: node.nodeID, role: body.role, key: key, clusterID: node.clusterID, serial: body.serial, epoch: 1,
            validity: Validity(from: start, seconds: seconds))
    }

    private var now: Timestamp { Timestamp(seconds: UInt64(Date().timeIntervalSince1970)) }
    private var yesterday: Timestamp { Timestamp(seconds: now.seconds - 86_400) }

    @Test func `a certificate that ended, of another cluster, or cut at any byte, opens no channel`() throws {
        let (cluster, worker) = try form("certificate")
        defer { cluster.tearDown() }
        let foreign = try TestCluster("foreign")
        defer { foreign.tearDown() }
        try foreign.form(managers: ["m1"])
        #expect(try worker.knock().isIn)

        let manager = try dialler(cluster, "m1")
        var expired = worker
        expired.identity.certificate = try certificate(of: worker.identity, by: manager, from: yesterday, seconds: 60)
        expired.identity.issuer = manager.identity.ownIssuer
        #expect(try !expired.knock().isIn)
        #expect(cluster.log("m1").contains("its certificate has ended"))
        // The same with a span that holds is let in: it was the end, and nothing else.
        expired.identity.certificate = try certificate(of: worker.identity, by: manager, from: now)
        #expect(try expired.knock().isIn)

        let stranger = try dialler(foreign, "m1")
        var strange = worker
        strange.identity.certificate = try certificate(of: worker.identity, by: stranger, from: now)
        for issuer in [stranger.identity.ownIssuer, manager.identity.ownIssuer] {
            strange.identity.issuer = issuer
            #expect(try !strange.knock().isIn)
        }
        let certificate = worker.identity.certificate
        for place in 0..<certificate.count {
            var cut = worker
            cut.source = UInt16(3 + place / 50)
            cut.identity.certificate = certificate.slice(0..<place)
            #expect(try !cut.knock().isIn, "cut at \(place)")
        }
        #expect(cluster.isAlive("m1") && foreign.isAlive("m1"))
        #expect(try worker.knock().isIn)
        try cluster.must("m1", "secret", "ls")
    }

    @Test func `a manager whose certificate ended comes in by its row, with a warning`() throws {
        let cluster = try TestCluster("expiredmanager")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1", "m2", "m3"])
        cluster.kill("m2")
        let issuer = try dialler(cluster, "m1")
        var manager = try dialler(cluster, "m2")
        manager.identity.certificate = try certificate(of: manager.identity, by: issuer, from: yesterday, seconds: 60)
        manager.identity.issuer = issuer.identity.ownIssuer
        #expect(try manager.knock().isIn)
        #expect(cluster.log("m1").contains("the certificate of manager m2 has ended"))
    }

    @Test func `a connection that is cut at any byte of its opening leaves nothing behind`() throws {
        let (cluster, worker) = try form("cut")
        defer { cluster.tearDown() }
        let pid = try #require(cluster.daemons["m1"]?.pid)
        let whole = try worker.knock()
        #expect(whole.isIn && whole.bytes > 500)
        let before = try descriptors(pid)
        for place in 0..<whole.bytes {
            var cut = worker
            cut.source = UInt16(3 + place / 50)
            let knocked = try cut.knock(cut: place)
            #expect(!knocked.isIn && knocked.bytes == place, "cut at \(place)")
        }
        #expect(try worker.knock().isIn)
        let isClosed = try eventually { try descriptors(pid) <= before }
        #expect(isClosed && cluster.isAlive("m1"))
        try cluster.must("m1", "secret", "ls")
    }

    @Test func `thousands of connections that say nothing cost a manager little, and keep nobody out`() throws {
        let (cluster, worker) = try form("strangers")
        defer { cluster.tearDown() }
        let pid = try #require(cluster.daemons["m1"]?.pid)
        #expect(try worker.knock().isIn)
        let hello: [UInt8] = Array("CNCL".utf8) + [1, 1, 1, 0] + [UInt8](repeating: 0, count: 23)
        let (memory, open) = (try residentBytes(pid), try descriptors(pid))
        var strangers: [WaitingSocket] = []
        for number in 0..<3000 {
            let socket = try WaitingSocket(tcp: worker.port, from: UInt16(256 + number / 50))
            socket.send(hello)
            strangers.append(socket)
        }
        #expect(try worker.knock().isIn)
        let strange = try (residentBytes(pid) - memory, descriptors(pid) - open)
        print("3000 strangers: \(strange.0 / 1024) KiB more, \(strange.1) of them held")
        #expect(strange.1 <= 256 + 8)
        #expect(strange.0 < 16 << 20)
        strangers = []

        // Clients that were let in, each with the channel's whole machinery.
        let idle = try residentBytes(pid)
        let clients = try (0..<2000).map { _ in try WaitingSocket(unix: cluster.socket("m1")) }
        #expect(clients.allSatisfy { !$0.receive().isEmpty })
        let each = try (residentBytes(pid) - idle) / clients.count
        print("2000 idle channels: \(each) bytes each")
        #expect(each < 16 << 10)
        // A frame of the largest size that never ends, from some of them.
        let held = try residentBytes(pid)
        let header: [UInt8] = [0, 0, 0x10, 0, 64, 0, 1, 1, 1, 0, 0, 0]
        for client in clients.prefix(20) { client.send(header + [UInt8](repeating: 1, count: 1_000_000)) }
        try cluster.must("m1", "secret", "ls")
        let hostile = try (residentBytes(pid) - held) / 20
        print("20 frames without an end: \(hostile) bytes each")
        #expect(hostile < 2 << 20)
        #expect(cluster.isAlive("m1"))
    }

    @Test func `on the control socket an unknown message is answered, and on stream 0 it ends the connection`() throws {
        let cluster = try TestCluster("unknown")
        defer { cluster.tearDown() }
        try cluster.start("m1")
        func answers(to stream: UInt32) throws -> [FrameType] {
            let socket = try WaitingSocket(unix: cluster.socket("m1"))
            socket.send(FrameHeader(length: 0, type: 999, flags: [], priority: 0, stream: stream).encoded().array)
            var reader = FrameReader()
            var types: [FrameType] = []
            while types.count < 2 {
                let bytes = socket.receive()
                guard !bytes.isEmpty else { break }
                reader.append(Bytes(bytes))
                while let frame = try reader.next() { types.append(FrameType(rawValue: frame.header.type)) }
            }
            return types
        }
        #expect(try answers(to: 1) == [.welcome, .failure])
        #expect(try answers(to: 0) == [.welcome, .goodbye])
        #expect(cluster.isAlive("m1"))
    }

    private func descriptors(_ pid: Int32) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }

    private func residentBytes(_ pid: Int32) throws -> Int {
        let status = try run("/bin/cat", ["/proc/\(pid)/status"]).lines
        let line = try #require(status.first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.filter(\.isNumber))) * 1024
    }
}

import Bytes
import Linux
import Seams
import Testing

@Suite(.serialized) struct LoopTests {
    @Test func `timers run in the order of their moments and a cancelled one does not`() {
        let loop = Loop()
        var seen: [Int] = []
        loop.after(.milliseconds(5)) { seen.append(2) }
        loop.after(.zero) { seen.append(1) }
        loop.after(.milliseconds(2)) { seen.append(9) }.cancel()
        #expect(loop.run { seen.count == 2 })
        #expect(seen == [1, 2])
    }

    @Test func `a serial worker does one thing after the other and answers in order`() {
        let loop = Loop()
        let worker = loop.makeSerial("test", bound: 100)
        var seen: [Int] = []
        for each in 0..<100 { worker.submit({ each }) { seen.append($0) } }
        var finished = false
        worker.finish { finished = true }
        #expect(loop.run { finished })
        #expect(seen == Array(0..<100))
        #expect(worker.pending == 0)
    }

    @Test func `a job runs elsewhere and its end of turn comes after its answer`() {
        let loop = Loop()
        var seen: [String] = []
        loop.job({ 42 }) { answer in
            loop.atEndOfTurn { seen.append("end") }
            seen.append("\(answer)")
        }
        #expect(loop.run { seen.count == 2 })
        #expect(seen == ["42", "end"])
    }

    final class Echo: ConnectionEvents {
        let connection: any Connection
        let echoes: Bool
        var count = 0
        var reason: CloseReason?
        init(_ connection: any Connection, echoes: Bool) {
            self.connection = connection
            self.echoes = echoes
        }
        func received(_ bytes: Bytes) {
            count += bytes.count
            if echoes { connection.write([bytes]) }
        }
        func receivedEnd() { connection.close() }
        func drained() {}
        func closed(_ reason: CloseReason) { self.reason = reason }
    }

    @Test func `a megabyte comes back over TCP and both ends close`() throws {
        let loop = Loop()
        var server: Echo?
        var client: Echo?
        let listener = try loop.listen(.tcp(host: "127.0.0.1", port: 0), ListenOptions()) {
            server = Echo($0, echoes: true)
            $0.start(server!)
        }
        loop.connect(listener.address, timeout: .seconds(5)) { result in
            guard case .success(let connection) = result else { return }
            client = Echo(connection, echoes: false)
            connection.start(client!)
            connection.write([Bytes([UInt8](repeating: 7, count: 1 << 20))])
            connection.end()
        }
        #expect(loop.run { server?.reason != nil && client?.reason != nil })
        #expect(client?.count == 1 << 20)
        listener.close()
    }

    @Test(arguments: [("exit 3", Seams.ExitStatus.exited(3)), ("kill -9 $$", .signalled(9)), ("true", .exited(0))])
    func `a program's end is told as it was`(script: String, expected: Seams.ExitStatus) throws {
        let loop = Loop()
        let process = try loop.spawn(
            SpawnRequest(program: "/bin/sh", arguments: ["sh", "-c", script], environment: []))
        var status: Seams.ExitStatus?
        process.onExit { status = $0 }
        #expect(loop.run { status != nil })
        #expect(status == expected)
    }

    @Test func `a program that is not there is an error of the start`() {
        let loop = Loop()
        #expect(throws: SystemError.self) {
            try loop.spawn(SpawnRequest(program: "/nowhere", arguments: ["x"], environment: []))
        }
    }
}

import Bytes
import Glibc
import Linux
import Seams
import TestSupport
import Testing

@Suite(.serialized) struct SocketTests {
    /// Two connected ends with their events, started.
    private func pair(_ loop: Loop, _ address: SocketAddress, _ options: ListenOptions = ListenOptions()) throws
        -> (listener: any Listener, server: any Connection, client: any Connection)
    {
        var server: (any Connection)?
        var client: (any Connection)?
        let listener = try loop.listen(address, options) { server = $0 }
        loop.connect(listener.address, timeout: .seconds(5)) { client = try? $0.get() }
        try #require(loop.run { server != nil && client != nil })
        return (listener, server!, client!)
    }

    @Test func `a unix socket has the mode it was given, tells who came, and goes with its listener`() throws {
        let loop = Loop()
        let scratch = TemporaryFolder()
        var options = ListenOptions()
        options.mode = 0o660
        let (listener, server, client) = try pair(loop, .unix(path: scratch["s"]), options)
        let status = try LinuxFiles().status(scratch["s"])
        #expect(status?.kind == .socket && status?.mode == 0o660)
        #expect(server.credentials?.uid == geteuid())
        #expect(server.credentials?.pid == getpid())
        server.abort()
        client.abort()
        listener.close()
        #expect(try LinuxFiles().status(scratch["s"]) == nil)
    }

    @Test func `a socket file that nobody listens on is replaced and one in use is not`() throws {
        let loop = Loop()
        let scratch = TemporaryFolder()
        // A listener that died leaves its file.
        let stale = try loop.shell(
            "exec perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,pack_sockaddr_un($ARGV[0]))' \(scratch["s"])"
        )
        #expect(loop.end(of: stale) == .exited(0))
        #expect(try LinuxFiles().status(scratch["s"])?.kind == .socket)
        let listener = try loop.listen(.unix(path: scratch["s"]), ListenOptions()) { $0.abort() }
        #expect {
            _ = try loop.listen(.unix(path: scratch["s"]), ListenOptions()) { _ in }
        } throws: {
            ($0 as? SystemError)?.code == EADDRINUSE
        }
        listener.close()
    }

    @Test func `a writer whose peer is paused sees its bytes wait, and is told when they are gone`() throws {
        let loop = Loop()
        let (listener, server, client) = try pair(loop, .tcp(host: "127.0.0.1", port: 0))
        let here = Recorder()
        let there = Recorder()
        server.start(there)
        server.pause()
        client.start(here)
        let bytes = 32 << 20
        client.write([Bytes([UInt8](repeating: 1, count: bytes))])
        // The kernel takes what its buffers hold and no more.
        var before = bytes
        var hasSettled = false
        func look() {
            hasSettled = before == client.pendingBytes && before < bytes
            before = client.pendingBytes
            if !hasSettled { loop.after(.milliseconds(5), look) }
        }
        look()
        #expect(loop.run { hasSettled })
        #expect(client.pendingBytes > 0 && here.drains == 0 && there.content.isEmpty)
        server.resume()
        #expect(loop.run { there.content.count == bytes && here.drains == 1 })
        #expect(client.pendingBytes == 0)
        client.close()
        #expect(loop.run { there.hasEnded })
        server.close()
        #expect(loop.run { there.reason != nil && here.reason != nil })
        listener.close()
    }

    @Test func `a writer is told also of bytes that the kernel takes at once`() throws {
        let loop = Loop()
        let (listener, server, client) = try pair(loop, .tcp(host: "127.0.0.1", port: 0))
        let here = Recorder()
        let there = Recorder()
        server.start(there)
        client.start(here)
        for turn in 1...3 {
            client.write([Bytes([1, 2, 3])])
            #expect(loop.run { here.drains == turn && there.content.count == 3 * turn })
        }
        client.close()
        server.close()
        #expect(loop.run { there.reason != nil && here.reason != nil })
        listener.close()
    }

    @Test func `a reset reaches a connection that is paused`() throws {
        let loop = Loop()
        let (listener, server, client) = try pair(loop, .tcp(host: "127.0.0.1", port: 0))
        let there = Recorder()
        server.start(there)
        server.pause()
        client.start(Recorder())
        client.abort()
        #expect(loop.run { there.reason != nil })
        guard case .failed = there.reason else {
            Issue.record("a reset is a failure, not \(String(describing: there.reason))")
            return
        }
        listener.close()
    }

    @Test func `a paused connection keeps what came before its peer ended`() throws {
        let loop = Loop()
        let (listener, server, client) = try pair(loop, .tcp(host: "127.0.0.1", port: 0))
        let there = Recorder()
        server.start(there)
        server.pause()
        client.start(Recorder())
        client.write([Bytes(utf8: "last words")])
        client.close()
        var seen = false
        loop.after(.milliseconds(20)) { seen = true }
        #expect(loop.run { seen } && there.content.isEmpty && there.reason == nil)
        server.resume()
        #expect(loop.run { there.hasEnded } && there.text == "last words")
        server.close()
        #expect(loop.run { there.reason != nil })
        listener.close()
    }

    @Test func `nobody at an address is a failure of the dial`() {
        let loop = Loop()
        let scratch = TemporaryFolder()
        var code: Int32?
        loop.connect(.unix(path: scratch["none"]), timeout: .seconds(5)) { result in
            if case .failure(let error) = result { code = error.code }
        }
        #expect(loop.run { code == ENOENT })
    }

    @Test func `connections leave no descriptor behind`() throws {
        let loop = Loop()
        func round() throws {
            let (listener, server, client) = try pair(loop, .tcp(host: "127.0.0.1", port: 0))
            let ends = (Recorder(), Recorder())
            server.start(ends.0)
            client.start(ends.1)
            client.abort()
            try #require(loop.run { ends.0.reason != nil && ends.1.reason != nil })
            listener.close()
            // Never started, never closed.
            let (other, dropped, left) = try pair(loop, .tcp(host: "127.0.0.1", port: 0))
            _ = (dropped, left)
            other.close()
        }
        try round()
        // Other tests of this process have descriptors too; a leak in each of many rounds shows above that.
        let before = openDescriptors("socket:")
        for _ in 0..<50 { try round() }
        #expect(openDescriptors("socket:") < before + 40)
    }
}

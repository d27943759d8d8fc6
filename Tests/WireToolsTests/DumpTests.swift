import Bytes
import Foundation
import Model
import TestSupport
import Testing
import Wire
import WireTools

/// What a captured stream looks like to people.
struct DumpTests {
    private func frame(_ type: FrameType, _ body: Bytes, flags: FrameFlags = [], stream: UInt32 = 0) -> [UInt8] {
        let header = FrameHeader(
            length: UInt32(body.count), type: type.rawValue, flags: flags, priority: type.priority, stream: stream)
        return header.encoded().array + body.array
    }

    private func dump(_ bytes: [UInt8]) throws -> [String] {
        var dump = FrameDump()
        try dump.read(Bytes(bytes))
        return dump.lines
    }

    @Test func `a frame is its header and its message`() throws {
        var heartbeat = Heartbeat()
        heartbeat.session = SessionID(high: 0, low: 35)
        heartbeat.applied = 7
        #expect(
            try dump(frame(.heartbeat, heartbeat.encoded()) + frame(FrameType(rawValue: 999), [1], flags: .end)) == [
                "@0 Heartbeat (35) stream 0 class 1, 20 bytes",
                "    session: 000000000000000000000000z",
                "    applied: 7",
                "@32 unknown type (999) stream 0 class 1 END, 1 bytes",
            ])
    }

    @Test func `parts are put together, with frames of another type between them`() throws {
        var redirect = Redirect()
        var leader = ManagerAddress()
        leader.address = "host1:7377"
        redirect.leader = leader
        let whole = redirect.encoded()
        let lines = try dump(
            frame(.redirect, whole.slice(0..<5), flags: .more) + frame(.pong, Pong().encoded())
                + frame(.redirect, whole.slice(5..<whole.count)))
        #expect(
            lines == [
                "@0 Redirect (34) stream 0 class 1 MORE, 5 bytes", "@17 Pong (4) stream 0 class 0, 0 bytes",
                "@29 Redirect (34) stream 0 class 1, \(whole.count - 5) bytes", "    leader {",
                "      address: \"host1:7377\"", "    }",
            ])
    }

    @Test func `a secret is its length, and so is whatever may be one`() throws {
        let mark = Array("canarycanary".utf8)
        var put = PutSecret()
        put.value = SecretBox(SecretBytes(copying: Bytes(mark)))
        var request = Request()
        request.operation = .putSecret(put)
        let body = request.encodedForWiping()
        var output = ExecOutput()
        output.data = Bytes(mark)
        let text = try dump(
            frame(.request, body, flags: .end, stream: 1) + frame(.execOutput, output.encoded(), stream: 3)
        ).joined(separator: "\n")
        #expect(text.contains("value: secret of 12 bytes"))
        #expect(text.contains("data: 12 bytes"))
        #expect(!text.contains("canary") && !text.contains(Hex.text(mark)))
    }

    @Test func `a body that does not decode is named, never shown`() throws {
        let lines = try dump(frame(.heartbeat, [0x0a, 0xff]))
        #expect(lines.count == 2)
        #expect(lines[1].hasPrefix("    # no Heartbeat: "))
    }

    @Test func `an answer with ERROR is a failure, whatever its type`() throws {
        let failure = Failure(.denied, "no")
        #expect(
            try dump(frame(.reply, failure.encoded(), flags: [.end, .error], stream: 1)) == [
                "@0 Reply (65) stream 1 class 1 END ERROR, \(failure.encodedSize) bytes",
                "    code: FAILURE_CODE_DENIED", "    message: \"no\"",
            ])
    }

    @Test func `a stream that ends inside a frame, or is none, is told with its place`() {
        let good = frame(.ping, Ping().encoded())
        for (bytes, text) in [
            (good + [1, 0], "the stream ends inside the frame at byte 12"),
            (good + [UInt8](repeating: 0xff, count: 12), "there is no frame at byte 12 of the stream"),
        ] {
            var dump = FrameDump()
            let error = #expect(throws: Failure.self) { try dump.read(Bytes(bytes)) }
            #expect(error?.message == text)
            #expect(error?.code == .integrity)
            #expect(dump.lines == ["@0 Ping (3) stream 0 class 0, 0 bytes"])
        }
    }

    @Test func `a capture of a link is opened by its key log, in both directions`() throws {
        let folder = Repository.root.appending(path: "Tests/WireToolsTests/Captures")
        func bytes(_ name: String) throws -> Bytes {
            Bytes([UInt8](try Data(contentsOf: folder.appending(path: name))))
        }
        let keys = try KeyLog(String(contentsOf: folder.appending(path: "link.keys"), encoding: .utf8))
        let dialler = try dump(LinkCapture.open(try bytes("link.dialler"), keys).array)
        #expect(dialler.first?.hasPrefix("@0 Register (32) stream 0") == true)
        #expect(dialler.last?.contains("Goodbye (2)") == true)
        let acceptor = try dump(LinkCapture.open(try bytes("link.acceptor"), keys).array)
        #expect(acceptor.first?.hasPrefix("@0 Registered (33) stream 0") == true)
        #expect(acceptor.contains { $0.contains("Assignment (38)") })

        var damaged = try bytes("link.dialler").array
        damaged[damaged.count - 1] ^= 1
        let error = #expect(throws: Failure.self) { try LinkCapture.open(Bytes(damaged), keys) }
        #expect(error?.why == "it does not open")
        let none = #expect(throws: Failure.self) { try LinkCapture.open(Bytes(damaged), KeyLog("")) }
        #expect(none?.code == .notFound)
        let short = #expect(throws: Failure.self) {
            try LinkCapture.open(Bytes(damaged.dropLast(2)), keys)
        }
        #expect(short?.code == .integrity)
    }

    @Test func `a line of a key log that is not understood is named, never shown`() {
        let error = #expect(throws: Failure.self) { try KeyLog("# fine\n\nLINK 00 11 22 33") }
        #expect(error?.message == "line 3 of the key log is not understood")
    }
}

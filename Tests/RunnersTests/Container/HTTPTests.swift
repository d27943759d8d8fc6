import Bytes
import Testing

@testable import Runners

/// All events of `text`, given in pieces of `size` bytes, then the connection's end.
private func read(_ text: String, piece size: Int = .max) throws(HTTPError) -> (
    head: HTTPHead?, body: String, ended: Bool
) {
    var parser = HTTPResponseParser(mayUpgrade: true)
    var result: (head: HTTPHead?, body: String, ended: Bool) = (nil, "", false)
    let bytes = Bytes(utf8: text)
    var events: [HTTPResponseParser.Event] = []
    var offset = 0
    while offset < bytes.count {
        let end = min(bytes.count, offset + min(size, bytes.count))
        events += try parser.take(bytes.slice(offset..<end))
        offset = end
    }
    events += try parser.finish()
    for event in events {
        switch event {
        case .head(let head): result.head = head
        case .body(let bytes): result.body += bytes.text ?? "?"
        case .end: result.ended = true
        }
    }
    return result
}

/// Answers as the engines gave them.
private enum Recorded {
    static let counted =
        "HTTP/1.1 409 Conflict\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n"
        + #"{"message":"busy"}"#
    static let chunked =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "12\r\n{\"status\":\"Pulling\r\n3;x=y\r\n\"}\n\r\n0\r\nTrailer: x\r\n\r\n"
    static let upgraded =
        "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\n"
        + "Upgrade: tcp\r\n\r\nhi\r\n"
    static let untilEnd = "HTTP/1.0 200 OK\r\n\r\nall of it"
    static let empty = "HTTP/1.1 204 No Content\r\nApi-Version: 1.41\r\n\r\n"
    static let continued = "HTTP/1.1 100 Continue\r\n\r\n" + counted
    static let all: [(text: String, status: Int, body: String)] = [
        (counted, 409, #"{"message":"busy"}"#), (chunked, 200, "{\"status\":\"Pulling\"}\n"), (upgraded, 101, "hi\r\n"),
        (untilEnd, 200, "all of it"), (empty, 204, ""), (continued, 409, #"{"message":"busy"}"#),
    ]
}

@Suite struct HTTPTests {
    @Test func `an answer is the same in whatever pieces it comes`() throws {
        for (text, status, body) in Recorded.all {
            for size in [1, 2, 3, 7, 64, .max] {
                let read = try read(text, piece: size)
                #expect(read.head?.status == status)
                #expect(read.body == body)
                #expect(read.ended)
            }
        }
    }

    @Test func `headers are found by name in whatever case, without the space around them`() throws {
        let head = try #require(
            try read("HTTP/1.1 200 OK\r\nX-A:  one \t\r\nx-a: two\r\nContent-Length: 0\r\n\r\n").head)
        #expect(head["x-a"] == ["one", "two"])
    }

    @Test func `an answer that is cut off is said to be`() {
        for (text, _, _) in Recorded.all where text != Recorded.untilEnd && text != Recorded.upgraded {
            for count in 0..<text.utf8.count {
                #expect(throws: HTTPError.self) { try read(String(decoding: text.utf8.prefix(count), as: UTF8.self)) }
            }
        }
    }

    @Test func `what is no answer is refused, never believed`() {
        for wrong in [
            "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 99 Low\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "HTTP/2 200\r\n\r\n",
            "\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffff\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 2\r\na\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na", "HTTP/1.1 200 OK\r\n: 1\r\n\r\na",
            "HTTP/1.1 200 OK\r\nX-A: one\r\n two: three\r\n\r\na",
        ] {
            #expect(throws: HTTPError.self, "\(wrong)") { try read(wrong) }
        }
    }

    @Test func `what has no end is given up at the bound`() throws {
        var parser = HTTPResponseParser()
        let line = Bytes(utf8: "X-Filler: " + String(repeating: "x", count: 1000) + "\r\n")
        _ = try parser.take(Bytes(utf8: "HTTP/1.1 200 OK\r\n"))
        #expect(throws: HTTPError.self) {
            for _ in 0...HTTPResponseParser.headBytes / 1000 { _ = try parser.take(line) }
        }
        var chunks = HTTPResponseParser()
        _ = try chunks.take(Bytes(utf8: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
        #expect(throws: HTTPError.self) {
            _ = try chunks.take(Bytes([UInt8](repeating: 0x31, count: HTTPResponseParser.lineBytes + 1)))
        }
    }

    @Test func `a connection is handed over only to who asked for it`() {
        var parser = HTTPResponseParser()
        #expect(throws: HTTPError.self) { try parser.take(Bytes(utf8: Recorded.upgraded)) }
    }

    @Test func `what has no end is given up at the bound, also before and after an answer`() throws {
        let count = HTTPResponseParser.headBytes / 20
        var announced = HTTPResponseParser()
        #expect(throws: HTTPError.self) {
            for _ in 0...count { _ = try announced.take(Bytes(utf8: "HTTP/1.1 100 Continue\r\n\r\n")) }
        }
        var trailed = HTTPResponseParser()
        _ = try trailed.take(Bytes(utf8: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"))
        #expect(throws: HTTPError.self) {
            for _ in 0...count { _ = try trailed.take(Bytes(utf8: "Trailer: 0123456789\r\n")) }
        }
    }

    @Test func `no damage of an answer stops the process`() {
        var generator = SystemRandomNumberGenerator()
        for (text, _, _) in Recorded.all {
            for place in text.utf8.indices {
                var bytes = Array(text.utf8)
                bytes[text.utf8.distance(from: text.utf8.startIndex, to: place)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
                var parser = HTTPResponseParser(mayUpgrade: true)
                guard (try? parser.take(Bytes(bytes))) != nil else { continue }
                _ = try? parser.finish()
            }
        }
    }

    @Test func `names in a request's target can't end it`() {
        var request = HTTPRequest(.post, "containers", "a/../b?c d", "exec", query: [("filters", "{\"a\":[\"b&c\"]}")])
        request.body = Bytes(utf8: "{}")
        let (head, rest) = request.pieces(prefix: "/v1.41")
        let lines = (head.text ?? "").split(separator: "\r\n")
        #expect(
            lines[0]
                == "POST /v1.41/containers/a%2F..%2Fb%3Fc%20d/exec?filters=%7B%22a%22%3A%5B%22b%26c%22%5D%7D HTTP/1.1")
        #expect(lines.contains("Connection: close"))
        #expect(lines.contains("Content-Length: 2"))
        #expect(rest == Bytes(utf8: "\r\n{}"))
    }
}

@Suite struct DemultiplexerTests {
    private func frame(_ kind: UInt8, _ text: String) -> [UInt8] {
        [kind, 0, 0, 0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
    }

    @Test func `output and errors are parted in whatever pieces they come`() throws {
        let stream = frame(1, "out") + frame(2, "err") + frame(1, "") + frame(0, "in") + frame(2, "or")
        for size in 1...stream.count {
            var parts = OutputDemultiplexer()
            var output = ""
            var errors = ""
            var begun = 0
            var offset = 0
            while offset < stream.count {
                let end = min(stream.count, offset + size)
                for piece in try parts.take(Bytes(stream[offset..<end])) {
                    let text = piece.bytes.text ?? "?"
                    if piece.isError { errors += text } else { output += text }
                    if piece.isFirst { begun += 1 }
                }
                offset = end
            }
            #expect(output == "outin")
            #expect(errors == "error")
            // The one without bytes does not begin.
            #expect(begun == 4)
        }
    }

    @Test func `what is not parted is refused`() {
        var parts = OutputDemultiplexer()
        #expect(throws: HTTPError.self) { try parts.take(Bytes(utf8: "plain text of a terminal")) }
    }
}

import Bytes

/// What is wrong with an answer's bytes.
struct HTTPError: Error, Equatable {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}

/// The status line and the headers of an answer.
struct HTTPHead: Equatable {
    /// 0: there is none.
    var status = 0
    /// Names in small letters, in the order in which they came.
    var headers: [Header] = []

    struct Header: Equatable {
        var name: String
        var value: String
    }

    /// The values of a header, by its name in small letters.
    subscript(name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }

    /// Whether what was asked for was done, or was so already.
    var isGood: Bool { (200..<300).contains(status) || status == 304 }
}

/// Reads one answer of HTTP/1.1 from bytes as they come, in whatever pieces. It has no I/O of its own.
///
///     head ──▶ counted | chunk line ⟲ chunk | until the end | upgraded ──▶ done
///
/// An answer of 100 to 199 but 101 announces another and is passed over. After 101, which only a request for the
/// connection may have as its answer, all that comes is the body, until the connection ends. What follows a whole answer
/// on a connection is ignored: each has one request.
struct HTTPResponseParser {
    enum Event: Equatable {
        case head(HTTPHead)
        case body(Bytes)
        case end
    }

    private enum State: Equatable {
        case head
        case counted(left: Int)
        case chunkLine
        case chunk(left: Int)
        case chunkEnd
        case trailers
        case untilEnd
        case done
    }

    private let mayUpgrade: Bool
    private var state = State.head
    /// The beginning of a line that is not whole yet.
    private var held: [UInt8] = []
    /// Those of the head so far.
    private var lines: [[UInt8]] = []
    private var headCount = 0

    /// Of a head with those that announced it, and of the trailers: far more than an engine says.
    static let headBytes = 64 << 10
    /// Of a line that tells a chunk's size.
    static let lineBytes = 1 << 10

    /// Whether the connection ended within an answer that made sense so far.
    private(set) var wasCutOff = false

    /// - Parameter mayUpgrade: whether the connection itself was asked for.
    init(mayUpgrade: Bool = false) { self.mayUpgrade = mayUpgrade }

    /// Takes what came.
    ///
    /// - Throws: for bytes that are no answer, and past the bounds; nothing may be given to it then.
    mutating func take(_ bytes: Bytes) throws(HTTPError) -> [Event] {
        var events: [Event] = []
        var rest = bytes
        while !rest.isEmpty, state != .done {
            switch state {
            case .head: try takeHead(&rest, &events)
            case .counted(let left):
                let piece = Self.cut(&rest, left)
                events.append(.body(piece))
                state = .counted(left: left - piece.count)
                if left == piece.count { end(&events) }
            case .chunkLine:
                guard let line = try takeLine(&rest, most: Self.lineBytes) else { break }
                guard let size = Self.chunkSize(line) else { throw HTTPError("the size of a chunk is no number") }
                state = size == 0 ? .trailers : .chunk(left: size)
            case .chunk(let left):
                let piece = Self.cut(&rest, left)
                events.append(.body(piece))
                state = left == piece.count ? .chunkEnd : .chunk(left: left - piece.count)
            case .chunkEnd:
                guard let line = try takeLine(&rest, most: 2) else { break }
                guard line.isEmpty else { throw HTTPError("a chunk is longer than its size") }
                state = .chunkLine
            case .trailers:
                guard let line = try takeHeadLine(&rest) else { break }
                if line.isEmpty { end(&events) }
            case .untilEnd: events.append(.body(Self.cut(&rest, rest.count)))
            case .done: break
            }
        }
        return events
    }

    /// The connection has ended.
    ///
    /// - Throws: when more was announced.
    mutating func finish() throws(HTTPError) -> [Event] {
        switch state {
        case .done: return []
        case .untilEnd:
            state = .done
            return [.end]
        case .head, .counted, .chunkLine, .chunk, .chunkEnd, .trailers:
            wasCutOff = true
            throw HTTPError("the answer was cut off")
        }
    }

    private mutating func end(_ events: inout [Event]) {
        state = .done
        events.append(.end)
    }

    private static func cut(_ bytes: inout Bytes, _ most: Int) -> Bytes {
        let count = min(most, bytes.count)
        defer { bytes = bytes.slice(count..<bytes.count) }
        return bytes.slice(0..<count)
    }

    // MARK: - Lines

    /// The next line without its end; `nil`: it is not whole yet, and what there is of it is held.
    private mutating func takeLine(_ rest: inout Bytes, most: Int) throws(HTTPError) -> [UInt8]? {
        let end = rest.firstIndex(of: 10)
        held += Self.cut(&rest, end.map { $0 + 1 } ?? rest.count)
        guard held.count <= most else { throw HTTPError("a line is over \(most) bytes") }
        guard end != nil else { return nil }
        defer { held = [] }
        held.removeLast()
        if held.last == 13 { held.removeLast() }
        return held
    }

    /// One of the head or of the trailers, which count together.
    private mutating func takeHeadLine(_ rest: inout Bytes) throws(HTTPError) -> [UInt8]? {
        guard let line = try takeLine(&rest, most: Self.headBytes) else { return nil }
        headCount += line.count + 2
        guard headCount <= Self.headBytes else { throw HTTPError("the head is over \(Self.headBytes) bytes") }
        return line
    }

    /// Hexadecimal digits, then at most an extension; below 2^48.
    private static func chunkSize(_ line: [UInt8]) -> Int? {
        let digits = trimmed(line.prefix { $0 != UInt8(ascii: ";") })
        guard (1...12).contains(digits.count), digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit })
        else { return nil }
        return Int(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    // MARK: - The head

    private mutating func takeHead(_ rest: inout Bytes, _ events: inout [Event]) throws(HTTPError) {
        guard let line = try takeHeadLine(&rest) else { return }
        guard line.isEmpty else { return lines.append(line) }
        let head = try Self.head(lines)
        lines = []
        if head.status < 200, head.status != 101 { return }
        headCount = 0
        state = try body(of: head)
        events.append(.head(head))
        if state == .counted(left: 0) { end(&events) }
    }

    private static func head(_ lines: [[UInt8]]) throws(HTTPError) -> HTTPHead {
        let words = lines.first?.split(separator: UInt8(ascii: " "), maxSplits: 2) ?? []
        guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), let status = number(words[1]),
            (100...599).contains(status)
        else { throw HTTPError("it does not speak HTTP/1.1") }
        var head = HTTPHead(status: status)
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
                line[..<colon].allSatisfy({ (0x21...0x7e).contains($0) })
            else { throw HTTPError("a header without a name") }
            head.headers.append(
                HTTPHead.Header(
                    name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
                    value: String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self)))
        }
        return head
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop { $0 == 32 || $0 == 9 }
        while bytes.last == 32 || bytes.last == 9 { bytes.removeLast() }
        return bytes
    }

    /// A decimal number below 10^15.
    private static func number(_ digits: some Collection<UInt8>) -> Int? {
        guard (1...15).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// How the body of an answer is delimited (RFC 9112, section 6.3).
    private func body(of head: HTTPHead) throws(HTTPError) -> State {
        if head.status == 101 {
            guard mayUpgrade else { throw HTTPError("it hands over a connection that nobody asked for") }
            return .untilEnd
        }
        if head.status == 204 || head.status == 304 { return .counted(left: 0) }
        let codings = head["transfer-encoding"]
        guard codings.isEmpty else {
            guard codings.map({ $0.lowercased() }) == ["chunked"] else { throw HTTPError("an unknown transfer coding") }
            return .chunkLine
        }
        let lengths = head["content-length"]
        guard let text = lengths.first else { return .untilEnd }
        guard let count = Self.number(text.utf8), lengths.allSatisfy({ $0 == text }) else {
            throw HTTPError("the length of the body is no number")
        }
        return .counted(left: count)
    }
}

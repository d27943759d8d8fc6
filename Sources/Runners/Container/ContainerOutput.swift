import Bytes
import Model
import Text

/// Reads the lines of a container's output as the engine tells them, in whatever pieces they come. It has no I/O of
/// its own.
///
/// Without a terminal each frame of the stream begins with the time of its writing, and is a line or a part of one. With
/// a terminal the stream is all there is: a time is where a line begins, and after `LogFile.lineBytes` of a line, where
/// Docker parts it. Podman has one before each part of a line, which can't be told from output and stays.
struct ContainerOutput {
    /// `nil`: there is a terminal.
    private var parts: OutputDemultiplexer?
    private var output = Line(isError: false)
    private var errors = Line(isError: true)

    init(terminal: Bool) { parts = terminal ? nil : OutputDemultiplexer() }

    /// - Throws: for bytes that are not parted as they should be; nothing may be given to it then.
    mutating func take(_ bytes: Bytes) throws(HTTPError) -> [LogLine] {
        var lines: [LogLine] = []
        guard let pieces = try parts?.take(bytes) else {
            output.take(bytes, isTerminal: true, &lines)
            return lines
        }
        for piece in pieces {
            if piece.isError {
                errors.take(piece, &lines)
            } else {
                output.take(piece, &lines)
            }
        }
        return lines
    }

    /// What is left is a line without its end.
    mutating func finish() -> [LogLine] {
        var lines: [LogLine] = []
        output.finish(&lines)
        errors.finish(&lines)
        return lines
    }
}

/// One line that is not whole yet, of one of the two streams.
private struct Line {
    let isError: Bool
    private var data: [UInt8] = []
    /// Of the data's beginning, and the newest that was told.
    private var time = Timestamp.zero
    private var newest = Timestamp.zero
    /// What was read of a time so far; `nil`: none is expected.
    private var stamp: [UInt8]? = []

    /// `2026-11-23T18:53:07.137167601+01:00` and more.
    private static let stampBytes = 40

    init(isError: Bool) { self.isError = isError }

    mutating func take(_ piece: OutputDemultiplexer.Piece, _ lines: inout [LogLine]) {
        if piece.isFirst { stamp = [] }
        take(piece.bytes, isTerminal: false, &lines)
    }

    mutating func take(_ bytes: Bytes, isTerminal: Bool, _ lines: inout [LogLine]) {
        var rest = bytes
        while !rest.isEmpty {
            if stamp != nil {
                takeStamp(&rest, isTerminal: isTerminal, &lines)
            } else {
                takeData(&rest, isTerminal: isTerminal, &lines)
            }
        }
    }

    private mutating func takeStamp(_ rest: inout Bytes, isTerminal: Bool, _ lines: inout [LogLine]) {
        let space = rest.firstIndex { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
        let count = min(space ?? rest.count, Self.stampBytes - (stamp?.count ?? 0))
        stamp? += rest.slice(0..<count)
        rest = rest.slice(count..<rest.count)
        guard let text = stamp, !rest.isEmpty || text.count == Self.stampBytes else { return }
        stamp = nil
        if rest.first == UInt8(ascii: " "),
            let moment = try? Moments.read(timestamp: String(decoding: text, as: UTF8.self))
        {
            newest = max(newest, Timestamp(rawValue: UInt64(clamping: moment)))
            rest = rest.slice(1..<rest.count)
        } else {
            take(Bytes(text), isTerminal: isTerminal, &lines)
        }
    }

    private mutating func takeData(_ rest: inout Bytes, isTerminal: Bool, _ lines: inout [LogLine]) {
        if rest.first == UInt8(ascii: "\n") {
            rest = rest.slice(1..<rest.count)
            if isTerminal, data.last == UInt8(ascii: "\r") { data.removeLast() }
            end(&lines)
            if isTerminal { stamp = [] }
            return
        }
        if data.count == LogFile.lineBytes { end(&lines) }
        if data.isEmpty { time = newest }
        let most = rest.slice(0..<min(LogFile.lineBytes - data.count, rest.count))
        let part = most.slice(0..<(most.firstIndex(of: UInt8(ascii: "\n")) ?? most.count))
        data += part
        rest = rest.slice(part.count..<rest.count)
        if isTerminal, data.count == LogFile.lineBytes { stamp = [] }
    }

    mutating func finish(_ lines: inout [LogLine]) {
        if let text = stamp, !text.isEmpty { data += text }
        if !data.isEmpty { end(&lines) }
    }

    private mutating func end(_ lines: inout [LogLine]) {
        var line = LogLine()
        line.time = data.isEmpty ? newest : time
        line.data = Bytes(data)
        line.error = isError
        data = []
        lines.append(line)
    }
}

import Glibc

/// How much a line matters.
package enum LogLevel: String, CaseIterable, Comparable, Sendable {
    case debug, info, warning, error

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// Writes the cluster's events as lines of text: time, level, sentence, then fields.
///
///     2026-11-24T00:00:00.000Z info     member 3 leads term 8  member=3 term=8
///
/// Sentences and fields are text that the caller made; there is no way to pass a secret but by its length. Control
/// characters are escaped, so that what a peer said can't forge a line.
package struct Logger: Sendable {
    package typealias Sink = @Sendable (String) -> Void

    package var level: LogLevel
    private let sink: Sink

    package init(level: LogLevel = .info, sink: @escaping Sink = Logger.standardError) {
        self.level = level
        self.sink = sink
    }

    package func debug(_ text: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.debug, text, fields)
    }

    package func info(_ text: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.info, text, fields)
    }

    package func warning(_ text: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.warning, text, fields)
    }

    package func error(_ text: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
        write(.error, text, fields)
    }

    private func write(_ level: LogLevel, _ text: () -> String, _ fields: KeyValuePairs<String, String>) {
        guard level >= self.level else { return }
        var line = Self.time()
        line += " \(level.rawValue)"
        line += String(repeating: " ", count: max(1, 9 - level.rawValue.utf8.count))
        line += Self.escaped(text(), quotesSpaces: false)
        if !fields.isEmpty { line += " " }
        for (name, value) in fields { line += " \(name)=\(Self.escaped(value, quotesSpaces: true))" }
        sink(line)
    }

    /// One line in one write, so that lines of several processes do not mix.
    package static func standardError(_ line: String) {
        var line = line + "\n"
        line.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = unsafe Glibc.write(2, bytes.baseAddress! + sent, bytes.count - sent)
                if count <= 0 { return }
                sent += count
            }
        }
    }

    static func escaped(_ text: String, quotesSpaces: Bool) -> String {
        var result = ""
        var needsQuotes = text.isEmpty && quotesSpaces
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\"" where quotesSpaces:
                result += "\\\""
                needsQuotes = true
            case " " where quotesSpaces:
                result += " "
                needsQuotes = true
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return needsQuotes ? "\"\(result)\"" : result
    }

    private static func time() -> String {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        var parts = unsafe tm()
        _ = unsafe gmtime_r(&now.tv_sec, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let year = unsafe Int(parts.tm_year) + 1900
        let month = unsafe Int(parts.tm_mon) + 1
        let day = unsafe Int(parts.tm_mday)
        let hour = unsafe Int(parts.tm_hour)
        let minute = unsafe Int(parts.tm_min)
        let second = unsafe Int(parts.tm_sec)
        let date = "\(year)-\(padded(month, 2))-\(padded(day, 2))"
        let clock = "\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2))"
        return "\(date)T\(clock).\(padded(now.tv_nsec / 1_000_000, 3))Z"
    }
}

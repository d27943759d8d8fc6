import Bytes
import Logging
import Synchronization
import Testing

@Suite struct LoggerTests {
    /// A logger and what it wrote.
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func logger(_ level: LogLevel = .debug) -> Logger {
            Logger(level: level) { line in self.lines.withLock { $0.append(line) } }
        }
    }

    @Test func `a line is time, level, sentence and fields`() {
        let lines = Lines()
        lines.logger().info("member 3 leads term 8", ["member": "3", "name": "two words"])
        #expect(lines.all.count == 1)
        #expect(lines.all[0].hasSuffix("Z info     member 3 leads term 8  member=3 name=\"two words\""))
        #expect(lines.all[0].utf8.dropFirst(4).first == UInt8(ascii: "-"))
    }

    @Test func `what is below the level is not even built`() {
        let lines = Lines()
        var isBuilt = false
        func build() -> String {
            isBuilt = true
            return "x"
        }
        lines.logger(.warning).info(build())
        #expect(!isBuilt && lines.all.isEmpty)
    }

    @Test func `control characters can not forge a line`() {
        let lines = Lines()
        lines.logger().error("a\nb\u{1b}[31m", ["field": "x\n2026 info forged"])
        #expect(!lines.all[0].contains("\n") && !lines.all[0].contains("\u{1b}"))
    }

    @Test func `a secret shows its length and nothing else`() {
        let lines = Lines()
        let secret = SecretBox(SecretBytes(copying: Bytes(utf8: "canary-of-the-logger")))
        lines.logger().info(
            "got \(secret)",
            ["value": String(describing: secret), "dump": "\(Mirror(reflecting: secret).children.count)"])
        #expect(!lines.all[0].contains("canary") && lines.all[0].contains("20 bytes"))
    }
}

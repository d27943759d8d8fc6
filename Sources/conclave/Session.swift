import CommandLine
import Glibc
import Model
import Text

/// One run of the program: what was asked, the daemon, and where output goes.
///
/// Data goes to standard output, notes and progress to standard error.
final class Session {
    let parsed: Parsed<Handler>
    /// Read once, so that all ages of one table agree; nanoseconds since 1970.
    let now: Int64
    private var connected: Client?

    init(_ parsed: Parsed<Handler>) {
        self.parsed = parsed
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        now = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    // MARK: - The daemon

    /// The connection, made when it is first needed.
    func client() throws(Failure) -> Client {
        if let connected { return connected }
        let client = try Client(host: parsed.text("host") ?? "", timeout: try duration("timeout") ?? .seconds(30))
        connected = client
        return client
    }

    /// Asks the daemon; a failure in the reply is thrown.
    func ask(_ operation: Operation) throws(Failure) -> Reply {
        try client().ask(operation, stale: parsed.has("stale"))
    }

    // MARK: - Output

    /// A line of data.
    func print(_ line: String) { Output.write(line + "\n", to: STDOUT_FILENO) }

    /// Data that ends its own lines.
    func put(_ text: String) { Output.write(text, to: STDOUT_FILENO) }

    /// A line for the person in front of the screen.
    func note(_ line: String) { Output.write(line + "\n", to: STDERR_FILENO) }

    func report(_ failure: Failure) { Output.report(failure) }

    // MARK: - Several arguments

    /// Tries each argument; every failure is shown, and the first one counts.
    func each<Item>(_ items: [Item], _ body: (Item) throws(Failure) -> Void) -> Int32 {
        var code: Int32 = 0
        for item in items {
            do {
                try body(item)
            } catch {
                report(error)
                if code == 0 { code = error.code.exitCode }
            }
        }
        return code
    }

    // MARK: - Values of options

    /// The duration of an option; `nil`: not said.
    func duration(_ name: String) throws(Failure) -> Duration? {
        try milliseconds(name).map { .milliseconds($0) }
    }

    /// The duration of an option in milliseconds, rounded up, never negative.
    func milliseconds(_ name: String) throws(Failure) -> UInt64? {
        guard let text = parsed.text(name) else { return nil }
        guard let nanoseconds = try? Moments.read(duration: text), nanoseconds >= 0 else {
            throw invalid(text, name, "time: invalid duration \"\(text.printable)\"")
        }
        return (UInt64(nanoseconds) + 999_999) / 1_000_000
    }

    /// The time of an option: as such, or as how long ago; `nil`: not said.
    func moment(_ name: String) throws(Failure) -> Timestamp? {
        guard let text = parsed.text(name), !text.isEmpty else { return nil }
        if let ago = try? Moments.read(duration: text) { return Timestamp(rawValue: UInt64(clamping: now - ago)) }
        if let moment = try? Moments.read(timestamp: text) { return Timestamp(rawValue: UInt64(clamping: moment)) }
        // Whole seconds since 1970, as Docker takes them.
        if let seconds = UInt64(text), seconds < 1 << 33 { return Timestamp(seconds: seconds) }
        throw invalid(text, name, "a time, or how long ago, is wanted")
    }

    /// The failure for the value of an option.
    func invalid(_ value: String, _ flag: String, _ reason: String) -> Failure {
        Failure(.invalid, "invalid argument \"\(value.printable)\" for \"--\(flag)\" flag: \(reason)")
    }
}

import CommandLine
import Glibc
import Model
import Text
import Wire

/// Follows a service until its tasks run as its spec says, or will not. For whatever changes services.
struct Convergence {
    /// An update was rolled back: this exit code says so.
    static let rolledBack: Int32 = 11

    private static let pollMicroseconds: UInt32 = 200_000

    private let session: Session
    private var display: ProgressDisplay
    /// Since when all tasks run, of a clock that never goes back.
    private var wholeSince: UInt64?
    /// Why the update is rolled back, as it said when it began to be.
    private var reason = ""

    /// Follows the service and shows how it gets on, unless `--quiet`; at most for `--timeout`, if the line says one.
    ///
    /// - Parameter isRollback: whether a rollback is what the user wants, and no failure.
    /// - Returns: the exit code: 0, or 11 when an update was rolled back.
    /// - Throws: `Failure` when it is paused, lost, or not there in time.
    static func wait(for reference: String, isRollback: Bool = false, _ session: Session) throws(Failure) -> Int32 {
        leaveOnInterrupt()
        let limit = session.parsed.isSaid("timeout") ? try session.milliseconds("timeout") : nil
        let start = now()
        var convergence = Convergence(session: session, display: .standard(session))
        while true {
            let shown = try ServiceCommands.shown(reference, session)
            let name = shown.service?.spec?.name ?? reference
            let progress = ServiceProgress(shown, try tasks(of: shown, session), wasAsked: isRollback)
            if let code = try convergence.follow(progress, name) { return code }
            if let limit, now() - start >= limit { throw late(name, progress, limit) }
            usleep(pollMicroseconds)
        }
    }

    /// Shows how far it is; returns the exit code once that is known.
    private mutating func follow(_ progress: ServiceProgress, _ name: String) throws(Failure) -> Int32? {
        if !progress.rollback.isEmpty { reason = progress.rollback }
        let advice = "conclave service ps --no-trunc \(name)"
        switch progress.outcome {
        case .underWay:
            wholeSince = nil
            // The leader watches the new tasks of an update.
            let isWhole = progress.done == progress.total
            display.show(progress, note: isWhole ? "Waiting to verify that tasks are stable..." : "")
            return nil
        case .running(let verify):
            return watch(progress, name, verify)
        case .failed(let what, let why):
            display.show(progress, note: "")
            throw Failure(.unspecified, what, why: why, try: advice)
        case .rolledBack(let message):
            display.show(progress, note: "")
            let why = reason.isEmpty ? message : reason
            session.report(Failure(.unspecified, "service \(name) was rolled back", why: why, try: advice))
            return Self.rolledBack
        }
    }

    /// All tasks run: whether they go on is seen for `verify` milliseconds.
    private mutating func watch(_ progress: ServiceProgress, _ name: String, _ verify: UInt64) -> Int32? {
        let since = wholeSince ?? Self.now()
        wholeSince = since
        let passed = Self.now() - since
        guard passed < verify else {
            display.show(progress, note: "")
            display.end("verify: Service \(name) converged")
            return 0
        }
        let seconds = (verify - passed + 999) / 1000
        display.show(progress, note: "Waiting \(seconds) seconds to verify that tasks are stable...")
        return nil
    }

    private static func late(_ name: String, _ progress: ServiceProgress, _ limit: UInt64) -> Failure {
        let error = progress.lines.first { !$0.error.isEmpty }.map { "\($0.head): \($0.error)" }
        let isWhole = progress.done == progress.total
        let time = Moments.duration(Int64(clamping: limit) * 1_000_000)
        return Failure(
            .timedOut, "service \(name) has \(progress.done) of \(progress.total) tasks after \(time)",
            why: error ?? (isWhole ? "they have not run long enough yet to be called stable" : ""),
            try: "conclave service ps --no-trunc \(name); the work goes on")
    }

    private static func tasks(of shown: ShownService, _ session: Session) throws(Failure) -> [ShownTask] {
        var request = ListTasks()
        request.services = [shown.service?.id.description ?? ""]
        guard case .tasks(let answer)? = try session.ask(.listTasks(request)).result else { throw .unexpected }
        return answer.tasks
    }

    /// Milliseconds of a clock that never goes back.
    private static func now() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }

    /// Ctrl-C ends the waiting; what was asked for goes on.
    private static func leaveOnInterrupt() {
        signal(SIGINT) { _ in
            let note: StaticString =
                "\nOperation continuing in background.\nUse `conclave service ps SERVICE` to check progress.\n"
            _ = unsafe write(STDERR_FILENO, note.utf8Start, note.utf8CodeUnitCount)
            _exit(130)
        }
    }
}

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

    /// How it ended.
    private enum Verdict {
        case converged
        case failed(Failure, exitCode: Int32)
    }

    private let reference: String
    /// Whether a rollback is what the user wants, and no failure.
    private let isRollback: Bool
    private var name: String
    private var progress: ServiceProgress?
    private var note = ""
    private var verdict: Verdict?
    /// Since when all tasks run, of a clock that never goes back.
    private var wholeSince: UInt64?
    /// Why the update is rolled back, as it said when it began to be.
    private var reason = ""

    private init(_ reference: String, isRollback: Bool) {
        self.reference = reference
        self.isRollback = isRollback
        name = reference
    }

    /// Follows the services, all at once, and shows how they get on, unless `--quiet`; at most for `--timeout`, if the
    /// line says one.
    ///
    /// - Parameter isRollback: whether a rollback is what the user wants, and no failure.
    /// - Returns: the exit code: 0 when all converged; else that of the first that did not, such as 11 when an update
    ///   was rolled back. What happened has been reported then.
    static func wait(
        for references: [String], isRollback: Bool = false, _ session: Session
    ) throws(Failure) -> Int32 {
        leaveOnInterrupt()
        let limit = session.parsed.isSaid("timeout") ? try session.milliseconds("timeout") : nil
        let start = now()
        var display = ProgressDisplay.standard(session)
        var followed = references.map { Convergence($0, isRollback: isRollback) }
        while true {
            for place in followed.indices { try followed[place].look(session) }
            if let limit, now() - start >= limit {
                for place in followed.indices { followed[place].endLate(limit) }
            }
            display.show(followed.compactMap { $0.section(isNamed: followed.count > 1) })
            if followed.allSatisfy({ $0.verdict != nil }) { break }
            usleep(pollMicroseconds)
        }
        var code: Int32 = 0
        for case .failed(let failure, let exitCode)? in followed.map(\.verdict) {
            session.report(failure)
            if code == 0 { code = exitCode }
        }
        return code
    }

    private func section(isNamed: Bool) -> ProgressDisplay.Section? {
        progress.map {
            ProgressDisplay.Section(name: isNamed ? name : "", progress: $0, note: note, isOver: verdict != nil)
        }
    }

    // MARK: - One service

    private mutating func look(_ session: Session) throws(Failure) {
        guard verdict == nil else { return }
        let shown = try ServiceCommands.shown(reference, session)
        name = shown.service?.spec?.name ?? reference
        let progress = ServiceProgress(shown, try Self.tasks(of: shown, session), wasAsked: isRollback)
        self.progress = progress
        if !progress.rollback.isEmpty { reason = progress.rollback }
        note = ""
        switch progress.outcome {
        case .underWay:
            wholeSince = nil
            // The leader watches the new tasks of an update.
            if progress.done == progress.total { note = "Waiting to verify that tasks are stable..." }
        case .running(let verify):
            watch(verify)
        case .failed(let what, let why):
            fail(Failure(.unspecified, what, why: why, try: advice))
        case .rolledBack(let message):
            let why = reason.isEmpty ? message : reason
            fail(Failure(.unspecified, "service \(name) was rolled back", why: why, try: advice), Self.rolledBack)
        }
    }

    /// All tasks run: whether they go on is seen for `verify` milliseconds.
    private mutating func watch(_ verify: UInt64) {
        let since = wholeSince ?? Self.now()
        wholeSince = since
        let passed = Self.now() - since
        guard passed < verify else {
            note = "Service \(name) converged"
            verdict = .converged
            return
        }
        note = "Waiting \((verify - passed + 999) / 1000) seconds to verify that tasks are stable..."
    }

    private mutating func endLate(_ limit: UInt64) {
        guard verdict == nil, let progress else { return }
        note = ""
        let error = progress.lines.first { !$0.error.isEmpty }.map { "\($0.head): \($0.error)" }
        let isWhole = progress.done == progress.total
        let time = Moments.duration(Int64(clamping: limit) * 1_000_000)
        fail(
            Failure(
                .timedOut, "service \(name) has \(progress.done) of \(progress.total) tasks after \(time)",
                why: error ?? (isWhole ? "they have not run long enough yet to be called stable" : ""),
                try: "\(advice); the work goes on"))
    }

    private mutating func fail(_ failure: Failure, _ exitCode: Int32? = nil) {
        verdict = .failed(failure, exitCode: exitCode ?? failure.code.exitCode)
    }

    private var advice: String { "conclave service ps --no-trunc \(name)" }

    private static func tasks(of shown: ShownService, _ session: Session) throws(Failure) -> [ShownTask] {
        var request = ListTasks()
        request.services = [shown.service?.id.description ?? ""]
        return try TaskCommands.list(request, session)
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
                "\nOperation continuing in background.\nUse `conclave service ps` or `conclave stack ps` to check progress.\n"
            _ = unsafe write(STDERR_FILENO, note.utf8Start, note.utf8CodeUnitCount)
            _exit(130)
        }
    }
}

import CommandLine
import Glibc
import Model
import Text
import Wire

/// Waits until the tasks of a service run as its spec says.
enum Convergence {
    private static let pollMicroseconds: UInt32 = 200_000

    /// - Throws: `Failure` when a task ended that its policy does not restart.
    static func wait(for reference: String, _ session: Session) throws(Failure) {
        leaveOnInterrupt()
        let isQuiet = session.parsed.has("quiet")
        var shown = ""
        var told: Set<String> = []
        while true {
            let service = try ServiceCommands.find(reference, session)
            let all = try all(of: service, session)
            let tasks = newest(of: service, all)
            let wanted = service.spec?.replicated?.replicas ?? 0
            let settled = tasks.filter { isSettled($0, service) }
            if UInt64(settled.count) == wanted, tasks.count == settled.count {
                if !isQuiet {
                    progress("\(settled.count)/\(wanted) tasks running", &shown)
                    end(&shown)
                    session.note("verify: Service \(service.id.short) converged")
                }
                return
            }
            if let lost = tasks.first(where: { isLost($0, service) }) {
                end(&shown)
                throw Failure(
                    .unspecified, "task \(TaskListing.name(lost)) ended and is not restarted",
                    why: lost.status?.error ?? "", try: "conclave service ps --no-trunc \(service.spec?.name ?? "")")
            }
            if !isQuiet {
                progress("\(settled.count)/\(wanted) tasks running", &shown)
                // Each reason once, also of a task that was replaced since: a script's log shows what it waits for.
                for task in all where task.spec == service.spec?.task {
                    guard let error = task.status?.error, !error.isEmpty else { continue }
                    let line = "\(TaskListing.name(task)): \(error.printable)"
                    if told.insert(line).inserted {
                        end(&shown)
                        session.note(line)
                    }
                }
            }
            usleep(pollMicroseconds)
        }
    }

    /// Its tasks by slot, the newest of each first.
    private static func all(of service: Service, _ session: Session) throws(Failure) -> [StoredTask] {
        var request = ListTasks()
        request.services = [service.id.description]
        guard case .tasks(let answer)? = try session.ask(.listTasks(request)).result else { throw .unexpected }
        return answer.tasks.compactMap(\.task)
    }

    /// The newest task of each slot that is wanted or the only one.
    private static func newest(of service: Service, _ tasks: [StoredTask]) -> [StoredTask] {
        var slots: Set<UInt64> = []
        let replicas = service.spec?.replicated?.replicas ?? 0
        return tasks.filter { task in
            guard slots.insert(task.slot).inserted else { return false }
            // A slot that was scaled away counts only as long as its task still runs.
            return task.desired.rawValue <= TaskState.running.rawValue || task.slot <= replicas
        }
    }

    private static func isSettled(_ task: StoredTask, _ service: Service) -> Bool {
        guard task.spec == service.spec?.task else { return false }
        let state = task.status?.state ?? .unspecified
        return state == .complete || (state == .running && task.desired.rawValue <= TaskState.running.rawValue)
    }

    /// Whether a task failed for good.
    private static func isLost(_ task: StoredTask, _ service: Service) -> Bool {
        let state = task.status?.state ?? .unspecified
        let hasFailed = state == .failed || state == .rejected
        return hasFailed && task.spec == service.spec?.task
            && service.spec?.task?.restart?.condition == RestartCondition.none
    }

    // MARK: - Terminal

    private static func progress(_ line: String, _ shown: inout String) {
        guard Output.isTerminal(STDERR_FILENO), line != shown else { return }
        Output.write("\r\(line)\u{1B}[K", to: STDERR_FILENO)
        shown = line
    }

    private static func end(_ shown: inout String) {
        if !shown.isEmpty { Output.write("\n", to: STDERR_FILENO) }
        shown = ""
    }

    /// Ctrl-C ends the waiting; what was asked for goes on.
    private static func leaveOnInterrupt() {
        signal(SIGINT) { _ in
            let note: StaticString = "\nThe work goes on; see it with: conclave service ps\n"
            _ = unsafe write(STDERR_FILENO, note.utf8Start, note.utf8CodeUnitCount)
            _exit(130)
        }
    }
}

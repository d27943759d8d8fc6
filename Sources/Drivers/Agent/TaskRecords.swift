import Bytes
import Glibc
import Model
import Seams
import Wire

/// The folders of this node's tasks: `tasks/<id>/task` is the note, beside it are the runner's own files; the output is
/// in `logs/`, where it outlives the task for a while.
///
/// What is asked for one task is done in order; different tasks do not wait for each other.
final class TaskRecords {
    private typealias Step = (work: @Sendable () -> SystemError?, done: (SystemError?) -> Void)

    private let environment: any Environment
    private let options: AgentDriver.Options
    /// The first of each is under way.
    private var queues: [TaskID: [Step]] = [:]
    /// Tasks that are gone and whose output is kept, the oldest first.
    private var ended: [TaskID] = []

    init(_ environment: any Environment, _ options: AgentDriver.Options) {
        self.environment = environment
        self.options = options
    }

    /// Whether all that was asked for is done.
    var isIdle: Bool { queues.isEmpty }

    /// A task with its secrets and environment is far smaller.
    private static let mostBytes = 4 << 20
    /// Logs of tasks that are gone: one gibibyte at the process runner's bound.
    private static let mostEnded = 64

    /// Reads all notes, in ascending order; without a note where it can't be read.
    func load(done: @escaping ([(id: TaskID, note: TaskNote?)]) -> Void) {
        let files = environment.files
        let folder = options.tasksFolder
        let logs = options.logsFolder
        environment.work.job {
            Self.make(folder, files)
            Self.make(logs, files)
            var found: [(id: TaskID, note: TaskNote?)] = []
            for name in (try? files.list(folder)) ?? [] {
                guard let id = TaskID(name) else { continue }
                let bytes = try? files.read("\(folder)/\(name)/task", limit: Self.mostBytes)
                let note = bytes.flatMap { try? TaskNote.decode($0) }
                found.append((id, note?.task?.id == id ? note : nil))
            }
            let old = ((try? files.list(logs)) ?? []).filter { $0.hasSuffix(".log") }
                .compactMap { TaskID(String($0.dropLast(4))) }
            return (found: found, old: old)
        } done: { [self] result in
            let live = Set(result.found.map(\.id))
            ended = result.old.filter { !live.contains($0) }.sorted()
            done(result.found)
        }
    }

    func save(_ id: TaskID, _ note: TaskNote, done: @escaping (SystemError?) -> Void) {
        let files = environment.files
        let folder = options.folder(of: id)
        enqueue(
            id,
            (
                work: {
                    Self.make(folder, files)
                    do throws(SystemError) {
                        try files.replace("\(folder)/task", with: note.encoded(), mode: 0o600)
                        return nil
                    } catch {
                        return error
                    }
                }, done: done
            ))
    }

    /// Removes the task's folder with all that is in it; of output, what is the oldest.
    func remove(_ id: TaskID, done: @escaping (SystemError?) -> Void) {
        let files = environment.files
        let folder = options.folder(of: id)
        ended.append(id)
        let outdated = ended.prefix(max(0, ended.count - Self.mostEnded)).map { options.logPath(of: $0) }
        ended.removeFirst(outdated.count)
        enqueue(
            id,
            (
                work: {
                    for log in outdated {
                        for suffix in ["", ".times"] { _ = try? files.remove(log + suffix) }
                    }
                    do throws(SystemError) {
                        try files.removeTree(folder)
                        return nil
                    } catch {
                        return error.code == ENOENT ? nil : error
                    }
                }, done: done
            ))
    }

    private static func make(_ folder: String, _ files: any Files) {
        // What is there already is right; any other failure shows itself in the write that follows.
        try? files.makeDirectory(folder, mode: 0o700)
    }

    private func enqueue(_ id: TaskID, _ step: Step) {
        queues[id, default: []].append(step)
        if queues[id]?.count == 1 { next(id) }
    }

    private func next(_ id: TaskID) {
        guard let step = queues[id]?.first else { return }
        environment.work.job(step.work) { error in
            self.queues[id]?.removeFirst()
            if self.queues[id]?.isEmpty ?? false { self.queues[id] = nil } else { self.next(id) }
            step.done(error)
        }
    }
}

import Model
import Seams

/// A task that its runner keeps until nothing of it is left.
protocol KeptTask: AnyObject {
    func cleanUp(done: @escaping (Result<Void, SystemError>) -> Void)
}

/// A runner that keeps its tasks by their IDs.
protocol TaskKeeper: AnyObject {
    associatedtype Kept: KeptTask
    var host: any Host { get }
    var tasks: [TaskID: Kept] { get set }
}

extension TaskKeeper {
    /// Cleans up a task, and forgets it once that is done; of one that is not known nothing is left.
    func release(_ task: TaskID, done: @escaping (Result<Void, SystemError>) -> Void) {
        guard let ended = tasks[task] else {
            host.time.atEndOfTurn { done(.success(())) }
            return
        }
        ended.cleanUp { [weak self] result in
            if case .success = result { self?.tasks[task] = nil }
            done(result)
        }
    }
}

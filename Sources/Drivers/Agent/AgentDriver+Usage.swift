import Model
import Seams
import Wire
import Worker

// MARK: - What tasks use

extension AgentDriver {
    /// More questions at once than these are refused: each may be one to the container engine.
    private static let mostUsages = 256

    func beginUsage(_ start: GetUsage, _ stream: UInt32) {
        guard usages[stream] == nil else { return endUsage(stream) }
        let task = start.taskID
        usages[stream] = task
        guard usages.count <= Self.mostUsages else {
            return conclude(stream, task, Failure(.unavailable, "too many ask what this node's tasks use"))
        }
        guard agent.task(task)?.phase == .running else {
            return conclude(
                stream, task, Failure(.notFound, "the task does not run on node \(nodeName)"))
        }
        runner(of: task).usage(task) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success(var usage):
                usage.clockMilliseconds = environment.time.now.rawValue
                conclude(stream, task, usage)
            case .failure(let error): conclude(stream, task, Failure(.unavailable, "\(error)"))
            }
        }
    }

    /// Who asked is gone.
    func endUsage(_ stream: UInt32) {
        if usages.removeValue(forKey: stream) != nil { link.finished(stream) }
    }

    private func conclude(_ stream: UInt32, _ task: TaskID, _ failure: Failure) {
        var usage = TaskUsage()
        usage.failure = failure
        conclude(stream, task, usage)
    }

    private func conclude(_ stream: UInt32, _ task: TaskID, _ usage: TaskUsage) {
        // The stream may be another one's by now, of another link.
        guard isLinked, usages[stream] == task else { return }
        usages[stream] = nil
        link.send(.taskUsage, stream: stream, flags: [.response, .end], usage.encoded())
        link.finished(stream)
    }
}

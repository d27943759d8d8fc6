import Bytes
import Model
import Wire

extension Relays {
    /// The first frame of a stream.
    enum Opening {
        case exec(ExecStart)
        case logs(LogsStart)
        case usage(GetUsage)

        init(_ kind: Kind, decoding body: Bytes) throws(WireError) {
            switch kind {
            case .exec: self = .exec(try ExecStart.decode(body))
            case .logs: self = .logs(try LogsStart.decode(body))
            case .usage: self = .usage(try GetUsage.decode(body))
            }
        }

        /// The task that the leader found; none: it has yet to.
        var taskID: TaskID {
            switch self {
            case .exec(let start): start.taskID
            case .logs(let start): start.taskID
            case .usage(let start): start.taskID
            }
        }

        var kind: Kind {
            switch self {
            case .exec: .exec
            case .logs: .logs
            case .usage: .usage
            }
        }

        var type: FrameType {
            switch self {
            case .exec: .execStart
            case .logs: .logsStart
            case .usage: .getUsage
            }
        }

        var encoded: Bytes {
            switch self {
            case .exec(let start): start.encoded()
            case .logs(let start): start.encoded()
            case .usage(let start): start.encoded()
            }
        }
    }

    /// What a stream is for, which says how it ends.
    enum Kind {
        case exec, logs, usage

        /// What may come on the stream from who asked, beside its first frame.
        func isAsked(_ type: FrameType) -> Bool {
            switch self {
            case .exec: type == .execInput || type == .execResize || type == .execSignal
            case .logs: type == .logsEnd
            case .usage: false
            }
        }

        /// What may come on it from the task's side, where nobody is trusted to keep to it.
        ///
        /// - Parameter isOfMany: another manager has joined the streams of several tasks to it.
        func isAnswer(_ type: FrameType, ofMany isOfMany: Bool) -> Bool {
            switch self {
            case .exec: type == .execOutput || isLast(type)
            case .logs: type == .logsChunk || isLast(type) || isOfMany && type == .logsSource
            case .usage: isLast(type)
            }
        }

        /// Whether it is a task's last word, whatever its flags say.
        func isLast(_ type: FrameType) -> Bool {
            switch self {
            case .exec: type == .execExit || type == .failure
            case .logs: type == .logsEnd || type == .failure
            case .usage: type == .taskUsage || type == .failure
            }
        }

        /// The last frame to who asked, when it came to nothing.
        func refusal(_ failure: Failure) -> (FrameType, Bytes) {
            switch self {
            case .exec:
                var exit = ExecExit()
                exit.code = 125
                exit.failure = failure
                return (.execExit, exit.encoded())
            case .logs:
                var end = LogsEnd()
                end.failure = failure
                return (.logsEnd, end.encoded())
            case .usage:
                var usage = TaskUsage()
                usage.failure = failure
                return (.taskUsage, usage.encoded())
            }
        }

        /// The last frame to the task's node, when nobody asks any more; `nil`: its own last one is on its way.
        var givingUp: (FrameType, Bytes)? {
            switch self {
            case .exec:
                var signal = ExecSignal()
                signal.number = 9
                return (.execSignal, signal.encoded())
            case .logs: return (.logsEnd, LogsEnd().encoded())
            case .usage: return nil
            }
        }
    }
}

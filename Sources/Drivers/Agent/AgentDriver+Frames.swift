import Bytes
import Model
import Seams
import Wire
import Worker

// MARK: - The link

extension AgentDriver {
    /// The link that `dial` asked for is open.
    ///
    /// - Parameter stream: a number of the link's for the session's frames: the first that a dialler opens.
    package func connected(stream: UInt32 = 1) {
        guard isLinked else { return }
        sessionStream = stream
        deliver(.connected)
    }

    /// It is gone, or never opened.
    package func lost() {
        guard isLinked else { return }
        unlink()
        deliver(.lost)
    }

    /// A whole message of the link's other end; types that are none of an agent's are ignored.
    package func received(_ type: FrameType, stream: UInt32, flags: FrameFlags, _ body: Bytes) {
        guard isLinked else { return }
        do throws(WireError) {
            switch type {
            case .registered: deliver(.registered(try Registered.decode(body)))
            case .redirect: deliver(.redirected(try Redirect.decode(body)))
            case .heartbeatAnswer: deliver(.heartbeatAnswered(try HeartbeatAnswer.decode(body)))
            case .unregistered: deliver(.unregistered(try Unregistered.decode(body)))
            case .assignment:
                let assignment = try Assignment.decode(body)
                // Who leaves takes nothing more.
                if !isLeaving { deliver(.assigned(assignment)) }
            case .reportTasksAnswer: deliver(.reported(try ReportTasksAnswer.decode(body)))
            case .execStart, .execInput, .execResize, .execSignal:
                try receivedExec(type, stream: stream, flags: flags, body)
            case .logsStart: beginLogs(try LogsStart.decode(body), stream)
            case .logsEnd: endLogs(stream)
            case .getUsage: beginUsage(try GetUsage.decode(body), stream)
            case .failure:
                endExec(stream)
                endLogs(stream)
                endUsage(stream)
            default: break
            }
        } catch {
            notice("the leader sent a message of type \(type.rawValue) that makes no sense: \(error)")
            link.hangUp()
            lost()
        }
    }

    /// Forgets the link, and ends what was run over it.
    func unlink() {
        isLinked = false
        lostStreams()
    }

    /// The programs that run inside tasks have lost their asker, and logs and usage their reader: they end, and nothing
    /// is said of them.
    package func lostStreams() {
        for stream in execs.keys.sorted() { execs[stream]?.kill() }
        execs = [:]
        for stream in logs.keys.sorted() { logs[stream]?.reading?.stop() }
        logs = [:]
        usages = [:]
        streamTimer?.cancel()
        streamTimer = nil
    }

    func send(_ type: FrameType, _ message: some Message) {
        guard isLinked else { return }
        link.send(type, stream: sessionStream, flags: [], message.encoded())
    }
}

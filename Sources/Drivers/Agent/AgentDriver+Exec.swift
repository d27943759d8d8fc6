import Bytes
import Model
import Seams
import Wire
import Worker

// MARK: - Programs inside tasks

extension AgentDriver {
    /// More programs at once than these are refused.
    private static let mostExecs = 256
    /// One frame's worth of output; a worker's frames are small.
    private static let pieceBytes = 32 * 1024
    /// With this much output under way the program waits, and goes on below half of it.
    private static let fullBytes = 256 * 1024
    /// How often a stream that waits is looked at when nobody says that it moved.
    private static let streamPause = Duration.milliseconds(20)

    func receivedExec(_ type: FrameType, stream: UInt32, flags: FrameFlags, _ body: Bytes) throws(WireError) {
        switch type {
        case .execStart: beginExec(try ExecStart.decode(body), stream)
        case .execInput:
            let input = try ExecInput.decode(body)
            // The whole body counts as data, not only what of it the program gets.
            link.consumed(body.count - input.data.count, of: stream)
            guard let relay = execs[stream] else {
                input.data.wipe()
                return link.consumed(input.data.count, of: stream)
            }
            consumed(relay.input(input.data, end: input.end || flags.contains(.end)), relay)
        case .execResize:
            let size = try ExecResize.decode(body)
            execs[stream]?.execution?.resize(
                WindowSize(rows: UInt16(clamping: size.rows), columns: UInt16(clamping: size.columns)))
        case .execSignal:
            let signal = try ExecSignal.decode(body)
            // The asker's last word: nobody reads what the program still says.
            if flags.contains(.end) { return endExec(stream) }
            if (1...64).contains(signal.number) { execs[stream]?.execution?.signal(Int32(signal.number)) }
        default: break
        }
    }

    /// Credit came, or frames were written: programs and readers that waited for it go on. A timer looks, too.
    package func linkDrained() {
        for stream in execs.keys.sorted() {
            if let relay = execs[stream] { drained(relay) }
        }
        for stream in logs.keys.sorted() {
            if let relay = logs[stream] { drained(relay) }
        }
    }

    /// The asker is gone.
    func endExec(_ stream: UInt32) {
        guard let relay = execs.removeValue(forKey: stream) else { return }
        relay.kill()
        link.finished(stream)
    }

    private func beginExec(_ start: ExecStart, _ stream: UInt32) {
        guard execs[stream] == nil else { return endExec(stream) }
        let relay = ExecRelay(stream, start)
        execs[stream] = relay
        guard execs.count + detachedExecs <= Self.mostExecs else {
            return conclude(relay, 125, Failure(.unavailable, "too many programs run inside this node's tasks"))
        }
        guard agent.task(start.taskID)?.phase == .running else {
            return conclude(relay, 125, Failure(.notFound, "the task does not run on node \(nodeName)"))
        }
        // The users of a container are its own.
        let isContained = launches[start.taskID]?.spec.container != nil
        guard !start.user.isEmpty, !isContained else { return run(start, as: nil, relay) }
        let plan = plan
        let files = environment.files
        environment.work.job {
            Result { () throws(SystemError) in try plan.allowed(UserTable.resolve(start.user, in: files)) }
        } done: { [self] result in
            guard !relay.isKilled else { return }
            switch result {
            case .success(let user): run(start, as: user, relay)
            case .failure(let error): conclude(relay, 125, Failure(.invalid, "\(error)"))
            }
        }
    }

    private func run(_ start: ExecStart, as user: UserTable.User?, _ relay: ExecRelay) {
        var launch = ExecLaunch()
        launch.arguments = start.command
        launch.environment = start.environment
        launch.user = start.user
        launch.uid = user?.uid
        launch.gid = user?.gid
        launch.directory = start.directory.isEmpty ? nil : start.directory
        launch.wantsInput = start.input && !start.detached
        if start.terminal {
            launch.terminal = WindowSize(
                rows: UInt16(clamping: start.rows), columns: UInt16(clamping: start.columns))
        }
        let execution = runner(of: start.taskID).exec(start.taskID, launch) { [weak self] event in
            if relay.isDetached { self?.happened(detached: relay, event) } else { self?.happened(relay, event) }
        }
        relay.began(execution)
    }

    /// The asker is answered once the program runs, or could not be run. From then on it is on its own.
    private func happened(detached relay: ExecRelay, _ event: ExecEvent) {
        switch event {
        case .started:
            guard execs[relay.stream] === relay else { return }
            conclude(relay, 0, nil)
            detachedExecs += 1
            relay.isAlone = true
        case .ended, .failed:
            if relay.isAlone { detachedExecs -= 1 } else { happened(relay, event) }
        case .output, .errorOutput, .inputDrained: break
        }
    }

    private func happened(_ relay: ExecRelay, _ event: ExecEvent) {
        guard !relay.isKilled, isLinked else { return event.wipe() }
        switch event {
        case .started: break
        case .output(let bytes): output(bytes, isError: false, relay)
        case .errorOutput(let bytes): output(bytes, isError: true, relay)
        case .inputDrained: consumed(relay.takeOwed(), relay)
        case .ended(let code): conclude(relay, code, nil)
        case .failed(let code, let reason):
            let failure =
                switch code {
                case 126: Failure(.notExecutable, "exec: \"\(relay.program)\": permission denied")
                case 127: Failure(.programNotFound, "exec: \"\(relay.program)\": executable file not found in $PATH")
                default: Failure(.unavailable, reason)
                }
            conclude(relay, code, failure)
        }
    }

    private func output(_ bytes: Bytes, isError: Bool, _ relay: ExecRelay) {
        // What is sent is a copy, and the channel's.
        defer { bytes.wipe() }
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + Self.pieceBytes, bytes.count)
            var output = ExecOutput()
            output.data = bytes.slice(offset..<end)
            output.error = isError
            link.send(.execOutput, stream: relay.stream, flags: .response, output.encoded())
            offset = end
        }
        if !relay.isPaused, link.heldBytes(of: relay.stream) >= Self.fullBytes {
            relay.isPaused = true
            relay.execution?.pauseOutput()
            lookLater()
        }
    }

    private func consumed(_ bytes: Int, _ relay: ExecRelay) {
        if bytes > 0 { link.consumed(bytes, of: relay.stream) }
    }

    private func conclude(_ relay: ExecRelay, _ code: Int32, _ failure: Failure?) {
        var exit = ExecExit()
        exit.code = code
        exit.failure = failure
        relay.exit = exit
        consumed(relay.takeOwed(), relay)
        drained(relay)
    }

    /// Lets a program go on whose output found room, and says the last word after the last output: it is not
    /// counted as data and would overtake what waits for credit.
    private func drained(_ relay: ExecRelay) {
        let held = link.heldBytes(of: relay.stream)
        if relay.isPaused, held < Self.fullBytes / 2 {
            relay.isPaused = false
            relay.execution?.resumeOutput()
        }
        guard let exit = relay.exit, held == 0 else {
            if relay.isPaused || relay.exit != nil { lookLater() }
            return
        }
        execs[relay.stream] = nil
        link.send(.execExit, stream: relay.stream, flags: [.response, .end], exit.encoded())
        link.finished(relay.stream)
    }

    func lookLater() {
        guard streamTimer == nil else { return }
        streamTimer = environment.time.after(Self.streamPause) { [weak self] in
            self?.streamTimer = nil
            self?.linkDrained()
        }
    }
}

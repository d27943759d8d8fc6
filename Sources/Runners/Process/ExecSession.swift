import Bytes
import Glibc
import Model
import Seams

/// One further program inside a task: the helper's `enter`, with pipes to it.
///
/// The helper joins the task's namespaces, and its child the control group before it drops all privileges. A
/// terminal is one of the sandbox's own; the helper carries its bytes, so that here it is pipes all the same.
/// When the control pipe closes, because the asker or the daemon is gone, the helper kills the program.
final class ExecSession: Execution {
    private enum Child {
        static let task: Descriptor = 3
        static let control: Descriptor = 4
        static let report: Descriptor = 5
        static let firstGroup: Descriptor = 6
    }

    private let runner: ProcessRunner
    private var events: ((ExecEvent) -> Void)?
    private var helper: (any ProcessHandle)?
    private var control: (any Connection)?
    private var standardInput: (any Connection)?
    private var outputs: [any Connection] = []
    private var openOutputs = 0
    private var code: Int32?
    private var reason: String?
    private var isReported = false

    init(runner: ProcessRunner, events: @escaping (ExecEvent) -> Void) {
        self.runner = runner
        self.events = events
    }

    private var processes: any Processes { runner.host.processes }

    func start(_ launch: ExecLaunch, in task: SandboxedTask?) {
        guard let task, let reaper = task.liveReaper else { return refuse("the task does not run") }
        let uid = launch.uid ?? task.record.uid
        guard uid != 0 || runner.options.allowsRoot else { return refuse("user 0 is not allowed on this node") }
        guard let program = launch.arguments.first, !program.isEmpty else { return refuse("there is no command") }
        do {
            try spawn(launch, task, reaper, uid: uid, gid: launch.gid ?? task.record.gid)
        } catch {
            // Whatever stream began before the failure must not say anything after it.
            control?.abort()
            standardInput?.abort()
            for output in outputs { output.abort() }
            refuse("\(error)")
        }
    }

    private func spawn(
        _ launch: ExecLaunch, _ task: SandboxedTask, _ reaper: any ProcessHandle, uid: UInt32, gid: UInt32
    ) throws(SystemError) {
        var theirs: [Descriptor] = []
        var ours: [Descriptor] = []
        var descriptors: [(child: Descriptor, ours: Descriptor)] = [(child: Child.task, ours: reaper.pidfd)]
        defer { for each in theirs { processes.closeDescriptor(each) } }
        func pipe(as child: Descriptor, reading: Bool) throws(SystemError) -> Descriptor {
            let made = try processes.openPipe()
            theirs.append(reading ? made.read : made.write)
            descriptors.append((child: child, ours: theirs[theirs.count - 1]))
            ours.append(reading ? made.write : made.read)
            return ours[ours.count - 1]
        }
        do throws(SystemError) {
            let input = try pipe(as: 0, reading: true)
            let output = try pipe(as: 1, reading: false)
            let errors = try pipe(as: 2, reading: false)
            let orders = try pipe(as: Child.control, reading: true)
            let report = try pipe(as: Child.report, reading: false)
            var words = ["conclave-exec", "enter", "task=\(Child.task)", "control=\(Child.control)"]
            words += ["uid=\(uid)", "gid=\(gid)", "report=\(Child.report)"]
            // Another user has groups of its own, or none.
            if launch.uid == nil { words += task.record.groups.map { "group=\($0)" } }
            if let size = launch.terminal { words.append("terminal=\(size.rows)x\(size.columns)") }
            if let directory = launch.directory ?? task.launch.directory { words.append("directory=\(directory)") }
            for (offset, file) in task.groupFiles.enumerated() {
                let group = try processes.openFile(file, append: true)
                theirs.append(group)
                let child = Child.firstGroup + Int32(offset)
                descriptors.append((child: child, ours: group))
                words.append("cgroup=\(child)")
            }
            var request = SpawnRequest(
                program: runner.helperPath, arguments: words + ["--"] + launch.arguments,
                // The helper is static: no word of the environment can steer it.
                environment: Self.environment(launch, task.launch))
            request.directory = "/"
            request.descriptors = descriptors
            let spawned = try processes.spawn(request)
            helper = spawned
            spawned.onExit { status in
                self.code = status.code ?? 125
                self.conclude()
            }
            ours = [input, output, errors, orders, report]
            try attach(launch, ours: &ours)
        } catch {
            for each in ours { processes.closeDescriptor(each) }
            throw error
        }
    }

    /// Makes streams of our ends, taking each from `ours`: input, output, errors, orders, report.
    private func attach(_ launch: ExecLaunch, ours: inout [Descriptor]) throws(SystemError) {
        standardInput = try open(ours.removeFirst(), ExecStream { if $0 == .drained { self.events?(.inputDrained) } })
        if !launch.wantsInput { standardInput?.close() }
        for isError in [false, true] {
            openOutputs += 1
            outputs.append(
                try open(
                    ours.removeFirst(),
                    ExecStream { event in
                        switch event {
                        case .bytes(let bytes):
                            let event: ExecEvent = isError ? .errorOutput(bytes) : .output(bytes)
                            if let events = self.events { events(event) } else { event.wipe() }
                        case .drained: break
                        case .closed:
                            self.openOutputs -= 1
                            self.conclude()
                        }
                    }))
        }
        control = try open(ours.removeFirst(), ExecStream { _ in })
        let watch = EndOfStreamBox()
        let report = EndOfStream { [weak self] in self?.reported(watch.stream?.content ?? []) }
        watch.stream = report
        let stream = try processes.stream(ours.removeFirst())
        report.connection = stream
        stream.start(report)
    }

    private func open(_ descriptor: Descriptor, _ events: ExecStream) throws(SystemError) -> any Connection {
        let stream = try processes.stream(descriptor)
        events.connection = stream
        stream.start(events)
        return stream
    }

    // MARK: - Execution

    func input(_ bytes: Bytes) {
        if let standardInput { standardInput.write(wiping: [bytes]) } else { bytes.wipe() }
    }
    func endInput() { standardInput?.close() }
    func resize(_ size: WindowSize) { order("w", size.rows, size.columns) }
    func signal(_ number: Int32) { order("s", UInt16(clamping: number), 0) }
    func pauseOutput() { for output in outputs { output.pause() } }
    func resumeOutput() { for output in outputs { output.resume() } }

    func kill() {
        control?.close()
        // Without a reader the rest of the output would hold up the end.
        for output in outputs { output.abort() }
    }

    private func order(_ kind: Unicode.Scalar, _ first: UInt16, _ second: UInt16) {
        let words = [first, second, 0].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
        control?.write([Bytes([UInt8(ascii: kind), 0] + words)])
    }

    // MARK: - End

    private func reported(_ content: [UInt8]) {
        isReported = true
        let text = String(decoding: content, as: UTF8.self)
        if text.isEmpty {
            events?(.started)
        } else {
            reason = HelperReport.reason(text.split(separator: "\n").first ?? "")
        }
        conclude()
    }

    /// The end comes after all output, the program's own word on it, and the helper's code.
    private func conclude() {
        guard let code, isReported, openOutputs == 0, let events else { return }
        self.events = nil
        control?.abort()
        standardInput?.abort()
        runner.host.time.atEndOfTurn { [reason] in
            events(reason.map { .failed(code: code, reason: $0) } ?? .ended(code: code))
        }
    }

    private func refuse(_ reason: String) {
        runner.host.time.atEndOfTurn {
            self.events?(.failed(code: 125, reason: reason))
            self.events = nil
        }
    }

    /// The task's own environment with `launch`'s words over it, and a terminal's name where there is one.
    private static func environment(_ launch: ExecLaunch, _ task: TaskLaunch) -> [String] {
        func key(_ word: String) -> Substring { word.prefix { $0 != "=" } }
        let mine = Set(launch.environment.map { key($0) })
        var words = task.environment.filter { !mine.contains(key($0)) } + launch.environment
        if launch.terminal != nil, !words.contains(where: { $0.hasPrefix("TERM=") }) { words.append("TERM=xterm") }
        return words
    }
}

/// Holds the reader of the report for its own handler.
private final class EndOfStreamBox {
    weak var stream: EndOfStream?
}

/// Hands a stream's events to one function.
private final class ExecStream: ConnectionEvents {
    enum Event: Equatable {
        case bytes(Bytes), drained, closed
    }

    weak var connection: (any Connection)?
    private let handler: (Event) -> Void

    init(_ handler: @escaping (Event) -> Void) {
        self.handler = handler
    }

    func received(_ bytes: Bytes) { handler(.bytes(bytes)) }
    func receivedEnd() { connection?.close() }
    func drained() { handler(.drained) }
    func closed(_ reason: CloseReason) { handler(.closed) }
}

import Bytes
import Glibc
import Model
import Seams
import Text

/// One further program in a container, over a connection that the engine hands over for its input and output.
///
///     create ──▶ start ──handed over──▶ running ──output ends──▶ asked for its code ──▶ over
final class ContainerExec: Execution {
    private let launch: ExecLaunch
    private let host: any Host
    private var events: ((ExecEvent) -> Void)?
    private var engine: Engine?
    private var id: String?
    private var call: EngineCall?
    private var isHandedOver = false
    private var parts: OutputDemultiplexer?
    /// Input from before the connection was handed over; its asker stops near 64 KiB.
    private var early: [Bytes] = []
    private var endsEarly = false
    private var size: WindowSize?
    private var isKilled = false

    /// The engine knows a program's number, its terminal and its code a moment late.
    private static let pause = Duration.milliseconds(20)
    private static let mostTries = 100

    init(_ launch: ExecLaunch, host: any Host, events: @escaping (ExecEvent) -> Void) {
        self.launch = launch
        self.host = host
        self.events = events
        size = launch.terminal
    }

    func start(in task: ContainerTask?, _ engine: Engine?) {
        guard let task, task.isRunning, let container = task.id, let engine else {
            host.time.atEndOfTurn { self.fail("the task does not run") }
            return
        }
        self.engine = engine
        engine.createExec(in: container, body) { result in
            switch result {
            case .success(let id): self.open(id, engine)
            case .failure(let error): self.fail("\(error)")
            }
        }
    }

    private var body: JSON {
        var environment = launch.environment
        if launch.terminal != nil, !environment.contains(where: { $0.hasPrefix("TERM=") }) {
            environment.append("TERM=xterm")
        }
        var body: JSONObject = [
            "AttachStdin": JSON(launch.wantsInput), "AttachStdout": true, "AttachStderr": true,
            "Tty": JSON(launch.terminal != nil), "Cmd": .array(launch.arguments.map { JSON($0) }),
            "Env": .array(environment.map { JSON($0) }),
        ]
        if !launch.user.isEmpty { body["User"] = JSON(launch.user) }
        if let directory = launch.directory { body["WorkingDir"] = JSON(directory) }
        return .object(body)
    }

    private func open(_ id: String, _ engine: Engine) {
        guard events != nil else { return }
        self.id = id
        if launch.terminal == nil { parts = OutputDemultiplexer() }
        call = engine.startExec(id, terminal: launch.terminal != nil) { [weak self] event in self?.happened(event) }
    }

    private func happened(_ event: EngineCall.Event) {
        switch event {
        case .head(let head): handedOver(head)
        case .body(let bytes): output(bytes)
        // The first may be that of the request itself.
        case .drained: if isHandedOver { events?(.inputDrained) }
        case .ended: conclude(tries: Self.mostTries)
        case .failed(let error): fail("\(error)")
        }
    }

    private func handedOver(_ head: HTTPHead) {
        guard head.status == 101 || head.status == 200 else {
            call?.cancel()
            return fail("the container engine refused the program with status \(head.status)")
        }
        isHandedOver = true
        events?(.started)
        for bytes in early { call?.write(bytes) }
        early = []
        if endsEarly { call?.end() }
        if let size { fit(size, tries: Self.mostTries) }
        if isKilled { signal(SIGKILL) }
    }

    private func output(_ bytes: Bytes) {
        guard parts != nil else { return tell(.output(bytes)) }
        do {
            for piece in try parts?.take(bytes) ?? [] {
                tell(piece.isError ? .errorOutput(piece.bytes) : .output(piece.bytes))
            }
        } catch {
            call?.cancel()
            fail(error.reason)
        }
    }

    private func tell(_ event: ExecEvent) {
        if let events { events(event) } else { event.wipe() }
    }

    // MARK: - Execution

    func input(_ bytes: Bytes) {
        if isHandedOver { call?.write(bytes) } else { early.append(bytes) }
    }

    func endInput() {
        if isHandedOver { call?.end() } else { endsEarly = true }
    }

    func resize(_ size: WindowSize) {
        guard isHandedOver else { return self.size = size }
        fit(size, tries: 1)
    }

    private func fit(_ size: WindowSize, tries: Int) {
        self.size = size
        guard tries > 0, events != nil, let id, let engine else { return }
        engine.resizeExec(id, size) { result in
            // Refused while the program is not there yet; a later size has its own try.
            guard case .failure(.refused) = result, self.size == size else { return }
            self.host.time.after(Self.pause) { self.fit(size, tries: tries - 1) }
        }
    }

    /// The engine has no request for this, but tells the program's number.
    func signal(_ number: Int32) { signal(number, tries: Self.mostTries) }

    private func signal(_ number: Int32, tries: Int) {
        guard tries > 0, let id, let engine else { return }
        engine.inspectExec(id) { result in
            guard case .success(let found) = result, found["Running"]?.bool == true else { return }
            if let pid = found["Pid"]?.integer.flatMap({ Int32(exactly: $0) }), pid > 0 {
                _ = try? self.host.processes.adopt(pid: pid, startTime: nil).signal(number)
            } else {
                self.host.time.after(Self.pause) { self.signal(number, tries: tries - 1) }
            }
        }
    }

    func pauseOutput() { call?.pause() }
    func resumeOutput() { call?.resume() }

    func kill() {
        isKilled = true
        if isHandedOver { signal(SIGKILL) }
        call?.resume()
    }

    // MARK: - End

    private func conclude(tries: Int) {
        guard let id, let engine else { return }
        engine.inspectExec(id) { result in
            switch result {
            case .success(let found) where found["Running"]?.bool == true && tries > 0:
                self.host.time.after(Self.pause) { self.conclude(tries: tries - 1) }
            case .success(let found): self.over(.ended(code: Int32(clamping: found["ExitCode"]?.integer ?? 125)))
            case .failure(let error): self.fail("\(error)")
            }
        }
    }

    private func fail(_ reason: String) { over(.failed(code: 125, reason: reason)) }

    private func over(_ event: ExecEvent) {
        guard let events else { return }
        self.events = nil
        for bytes in early { bytes.wipe() }
        early = []
        events(event)
    }
}

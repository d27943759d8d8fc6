import Bytes
import Model
import Seams

/// One program that runs inside a task for somebody at the other end of a stream.
final class ExecRelay {
    let stream: UInt32
    /// As it was asked for.
    let program: String
    /// `nil` while its user is being looked up; input waits, at most the stream's credit of it.
    var execution: (any Execution)?
    private var early: [Bytes] = []
    private var endsEarly = false
    /// Input that was taken from the stream and not yet by the program.
    private var owed = 0
    var isPaused = false
    /// What is said last, after all output has left.
    var exit: ExecExit?
    /// Whoever asked is gone: nothing is said any more.
    private(set) var isKilled = false
    /// Nobody waits for it once it runs.
    let isDetached: Bool
    /// It runs, and nobody waits for it.
    var isAlone = false

    init(_ stream: UInt32, _ start: ExecStart) {
        self.stream = stream
        program = start.command.first ?? ""
        isDetached = start.detached
    }

    func began(_ execution: any Execution) {
        self.execution = execution
        for bytes in early { execution.input(bytes) }
        if endsEarly { execution.endInput() }
        early = []
    }

    /// Takes `bytes` over, which may hold a secret. They are owed until the program has them.
    ///
    /// - Returns: how many nobody will take any more.
    func input(_ bytes: Bytes, end: Bool) -> Int {
        guard exit == nil else {
            bytes.wipe()
            return bytes.count
        }
        owed += bytes.count
        if let execution {
            if !bytes.isEmpty { execution.input(bytes) }
            if end { execution.endInput() }
        } else {
            if !bytes.isEmpty { early.append(bytes) }
            endsEarly = endsEarly || end
        }
        return 0
    }

    func takeOwed() -> Int {
        defer { owed = 0 }
        return owed
    }

    func kill() {
        isKilled = true
        for bytes in early { bytes.wipe() }
        early = []
        execution?.kill()
    }
}

import Bytes
import Glibc
import Link
import Linux
import Model
import Seams
import Wire

// MARK: - Programs inside tasks

extension Client {
    /// Runs a program inside a task until it ends, or is detached, and returns its exit code.
    ///
    /// - Throws: `Failure` when it could not be run; its code is 125, 126 or 127 for the shell.
    func exec(_ start: ExecStart) throws(Failure) -> Int32 {
        let stream = multiplexer.openStream()
        var mode = try Self.rawMode(for: start)
        send(.execStart, stream: stream, start.encoded())
        let resizing = start.terminal ? watchSize(stream) : nil
        let input = start.input ? readInput(stream) : nil
        defer {
            mode.take()?.restore()
            resizing?.cancel()
            input?.connection?.abort()
            multiplexer.closeStream(stream)
            for message in messages where message.type.isSecret { message.body.wipe() }
        }
        while true {
            let message = try next(stream, until: nil)
            switch message.type {
            case .execOutput: pass(message)
            case .execExit:
                guard let exit = try? ExecExit.decode(message.body) else { return 125 }
                if let failure = exit.failure { throw failure }
                return exit.code
            case .failure:
                throw (try? Failure.decode(message.body)) ?? Failure(.unspecified, "the task can't be reached")
            default: break
            }
        }
    }

    /// Of this terminal, if the program has one and reads what is typed.
    private static func rawMode(for start: ExecStart) throws(Failure) -> TerminalMode? {
        guard start.terminal, start.input, TerminalMode.isTerminal(STDIN_FILENO) else { return nil }
        do throws(SystemError) {
            return try TerminalMode.raw(STDIN_FILENO)
        } catch {
            throw Failure(.unspecified, "the terminal can't be used", why: "\(error)")
        }
    }

    private func pass(_ message: Multiplexer.Incoming) {
        // A program may print a secret: what it printed is here no longer than it takes to pass it on.
        defer { message.body.wipe() }
        guard let output = try? ExecOutput.decode(message.body) else { return }
        try? StandardOutput.write(output.data, to: output.error ? STDERR_FILENO : STDOUT_FILENO)
        multiplexer.consumed(message.body.count, of: message.stream)
        flush()
    }

    private func watchSize(_ stream: UInt32) -> (any Seams.Timer)? {
        try? loop.onSignal(SIGWINCH) { [self] in
            guard let size = TerminalMode.windowSize(STDOUT_FILENO) else { return }
            var resize = ExecResize()
            resize.rows = UInt32(size.rows)
            resize.columns = UInt32(size.columns)
            send(.execResize, stream: stream, resize.encoded())
        }
    }

    private func readInput(_ stream: UInt32) -> InputPump? {
        guard let connection = try? loop.standard(STDIN_FILENO, writes: false) else { return nil }
        let pump = InputPump { [self] data, isEnd in
            var input = ExecInput()
            input.data = data
            input.end = isEnd
            send(.execInput, stream: stream, input.encoded())
            return multiplexer.heldBytes(of: stream) > Multiplexer.initialCredit
        }
        pump.connection = connection
        connection.start(pump)
        pump.watch(loop) { [self] in multiplexer.heldBytes(of: stream) > 0 }
        return pump
    }
}

/// Passes standard input on, no faster than the task takes it.
private final class InputPump: ConnectionEvents {
    var connection: (any Connection)?
    private let pass: (Bytes, Bool) -> Bool
    private var isPaused = false

    init(_ pass: @escaping (Bytes, Bool) -> Bool) {
        self.pass = pass
    }

    func received(_ bytes: Bytes) {
        // Each frame is a copy, and the channel's.
        defer { bytes.wipe() }
        var offset = 0
        while offset < bytes.count {
            let end = min(offset + 32_768, bytes.count)
            if pass(bytes.slice(offset..<end), false), !isPaused {
                isPaused = true
                connection?.pause()
            }
            offset = end
        }
    }

    /// Goes on once what was held has gone.
    func watch(_ loop: Loop, isHeld: @escaping () -> Bool) {
        loop.after(.milliseconds(10)) { [weak self] in
            guard let self else { return }
            if isPaused, !isHeld() {
                isPaused = false
                connection?.resume()
            }
            watch(loop, isHeld: isHeld)
        }
    }

    func receivedEnd() {}
    func drained() {}
    func closed(_ reason: CloseReason) { _ = pass(Bytes(), true) }
}

import Bytes
import Glibc
import Linux
import Seams
import TestSupport
import Testing

@Suite(.serialized) struct TerminalTests {
    private func start(_ loop: Loop, _ script: String) throws
        -> (process: any ProcessHandle, terminal: any Terminal, stream: any Connection, recorder: Recorder)
    {
        let terminal = try loop.openTerminal(WindowSize(rows: 24, columns: 80))
        let process = try loop.shell(script) {
            $0.descriptors = (0..<3).map { (child: $0, ours: terminal.theirs) }
            $0.controllingTerminal = true
        }
        loop.closeDescriptor(terminal.theirs)
        let stream = try loop.stream(terminal.ours)
        let recorder = Recorder()
        stream.start(recorder)
        return (process, terminal, stream, recorder)
    }

    @Test func `a terminal echoes, tells a new size, and ends with its last user`() throws {
        let loop = Loop()
        let (process, terminal, stream, recorder) = try start(
            loop, "stty size; trap 'stty size; exit 4' WINCH; read line; echo got $line; while :; do read line; done")
        #expect(loop.run { recorder.text.contains("24 80\r\n") })
        stream.write([Bytes(utf8: "word\n")])
        #expect(loop.run { recorder.text.contains("word\r\ngot word\r\n") })
        try terminal.resize(WindowSize(rows: 50, columns: 132))
        // The trap waits for the end of the read.
        stream.write([Bytes(utf8: "\n")])
        #expect(loop.run { recorder.text.contains("50 132\r\n") })
        #expect(loop.end(of: process) == .exited(4))
        #expect(loop.run { recorder.reason == .ended })
        // The descriptor's number may be another's by now.
        try terminal.resize(WindowSize(rows: 1, columns: 1))
    }

    @Test(arguments: ["first\n", "first", ""]) func `the end of input ends a reader and hangs up on nobody`(
        input: String
    ) throws {
        let loop = Loop()
        let (process, _, stream, recorder) = try start(loop, "stty -echo; echo ready; wc -c; echo end; exit 5")
        #expect(loop.run { recorder.text.contains("ready") })
        stream.write([Bytes(utf8: input)])
        stream.end()
        #expect(loop.end(of: process) == .exited(5))
        #expect(loop.run { recorder.reason == .ended })
        #expect(recorder.text == "ready\r\n\(input.utf8.count)\r\nend\r\n")
    }

    @Test func `a hidden question takes a line that is not shown, and echo is back afterwards`() throws {
        let loop = Loop()
        let terminal = try loop.openTerminal(WindowSize(rows: 24, columns: 80))
        let stream = try loop.stream(terminal.ours)
        let recorder = Recorder()
        stream.start(recorder)
        let theirs = terminal.theirs
        #expect(TerminalMode.isTerminal(theirs))
        #expect(TerminalMode.windowSize(theirs) == WindowSize(rows: 24, columns: 80))
        var count: Int?
        loop.job({
            guard let secret = try? SecretInput.ask("Key: ", on: theirs) else { return -1 }
            return secret.count
        }) { count = $0 }
        // Typed only when the question is there: until then there is echo.
        #expect(loop.run { recorder.text.contains("Key: ") })
        stream.write([Bytes(utf8: "hunter2\n")])
        #expect(loop.run { count != nil } && count == 7)
        #expect(!recorder.text.contains("hunter2"))
        stream.write([Bytes(utf8: "shown\n")])
        #expect(loop.run { recorder.text.contains("shown") })
        loop.closeDescriptor(theirs)
        #expect(loop.run { recorder.reason == .ended })
    }

    @Test func `a raw terminal is restored when its mode is gone`() throws {
        let loop = Loop()
        let terminal = try loop.openTerminal(WindowSize(rows: 24, columns: 80))
        var before = termios()
        var during = termios()
        var after = termios()
        unsafe tcgetattr(terminal.theirs, &before)
        let mode = try TerminalMode.raw(terminal.theirs)
        unsafe tcgetattr(terminal.theirs, &during)
        mode.restore()
        unsafe tcgetattr(terminal.theirs, &after)
        #expect(during.c_lflag & tcflag_t(ECHO | ICANON | ISIG) == 0)
        #expect(after.c_lflag == before.c_lflag && after.c_iflag == before.c_iflag)
        loop.closeDescriptor(terminal.ours)
        loop.closeDescriptor(terminal.theirs)
    }

    @Test func `standard input may be a file, and output is written before it closes`() throws {
        let loop = Loop()
        let scratch = TemporaryFolder()
        let text = String(repeating: "0123456789abcdef", count: 20_000)
        try LinuxFiles().replace(scratch["in"], with: Bytes(utf8: text), mode: 0o600)
        let input = try loop.openFile(scratch["in"], append: false)
        let output = try loop.openFile(scratch["out"], append: true)
        let recorder = Recorder()
        try loop.standard(input, writes: false).start(recorder)
        #expect(loop.run { recorder.reason == .ended } && recorder.text == text)
        let written = Recorder()
        let writer = try loop.standard(output, writes: true)
        writer.start(written)
        writer.write([Bytes(utf8: text), Bytes(utf8: "end")])
        writer.close()
        #expect(loop.run { written.reason == .closed })
        #expect(try LinuxFiles().read(scratch["out"], limit: 1 << 20).text == text + "end")
        // They stay open: they are the caller's.
        #expect(fcntl(input, F_GETFD) >= 0 && fcntl(output, F_GETFD) >= 0)
        loop.closeDescriptor(input)
        loop.closeDescriptor(output)
    }

    @Test func `an input that waits is closed at once`() throws {
        let loop = Loop()
        let pipe = try loop.openPipe()
        let recorder = Recorder()
        let input = try loop.standard(pipe.read, writes: false)
        input.start(recorder)
        input.close()
        #expect(loop.run { recorder.reason == .closed })
        loop.closeDescriptor(pipe.read)
        loop.closeDescriptor(pipe.write)
    }
}

import Bytes
import Glibc
import Linux
import Seams
import TestSupport
import Testing

/// A terminal of 24 rows and 80 columns: the end that a person has, and the end that a program has.
private struct Terminal {
    let ours: Descriptor
    let theirs: Descriptor

    init() throws {
        // `TIOCSPTLCK` and `TIOCGPTPEER`, macros that Swift can't import.
        let (unlock, openPeer): (UInt, UInt) = (0x4004_5431, 0x5441)
        ours = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var isLocked: Int32 = 0
        let unlocked = unsafe ioctl(ours, unlock, &isLocked)
        theirs = ioctl(ours, openPeer, O_RDWR | O_NOCTTY | O_CLOEXEC)
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        let sized = unsafe ioctl(ours, UInt(TIOCSWINSZ), &size)
        try #require(ours >= 0 && unlocked == 0 && theirs >= 0 && sized == 0)
    }
}

@Suite(.serialized) struct TerminalTests {
    @Test func `a hidden question takes a line that is not shown, and echo is back afterwards`() throws {
        let loop = Loop()
        let terminal = try Terminal()
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
        #expect(loop.run { recorder.reason != nil })
    }

    @Test func `a raw terminal is restored when its mode is gone`() throws {
        let loop = Loop()
        let terminal = try Terminal()
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

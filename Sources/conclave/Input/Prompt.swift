import Bytes
import Glibc
import Model

/// Asks a person for a value without showing it.
enum Prompt {
    /// The line that is typed, without its end.
    static func secret(_ title: String) throws(Failure) -> SecretBox {
        var settings = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw Failure(.unspecified, "error reading from STDIN: the terminal can't hide what is typed")
        }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ECHO | ISIG)
        // Ctrl-C ends the line instead of the process, which would leave the terminal without its echo.
        settings.c_cc.11 = interrupt
        Output.write(title, to: STDERR_FILENO)
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
        defer {
            var before = before
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Output.write("\n", to: STDERR_FILENO)
        }
        return try line()
    }

    private static let interrupt: UInt8 = 3
    private static let lineBytes = 4096

    private static func line() throws(Failure) -> SecretBox {
        var count = 0
        var wasInterrupted = false
        let buffer = unsafe SecretBytes(count: lineBytes) { buffer in
            repeat {
                count = unsafe read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            } while count < 0 && errno == EINTR
            if count > 0, unsafe buffer[count - 1] == interrupt { wasInterrupted = true }
            if count > 0, unsafe buffer[count - 1] == UInt8(ascii: "\n") { count -= 1 }
        }
        if wasInterrupted { throw Failure(.unspecified, "interrupted; nothing was sent") }
        guard count > 0 else { throw Failure(.invalid, "error reading from STDIN: data is empty") }
        return SecretBox(
            unsafe buffer.borrow { unsafe SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) })
    }
}

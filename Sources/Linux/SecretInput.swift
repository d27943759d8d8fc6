import Bytes
import CLinux
import Glibc
import Seams

/// Ways for a secret into this process that never pass through ordinary memory.
package enum SecretInput {
    /// A longer line can't be typed: the kernel's own bound.
    package static let lineBytes = 4096

    /// All of `descriptor`, standard input for one; `nil`: it is empty.
    ///
    /// Takes a file, a pipe or a terminal, blocking or not; it stays open. `subject` names it in errors.
    /// - Throws: `EFBIG` when there are more than `limit` bytes.
    package static func read(_ descriptor: Descriptor, limit: Int, subject: String = "standard input")
        throws(SystemError) -> SecretBytes?
    {
        try take(descriptor, limit: limit, room: room(descriptor, limit), subject: subject, toLine: false)
    }

    /// All of a file, whose links are followed; `nil`: it is empty.
    package static func read(path: String, limit: Int) throws(SystemError) -> SecretBytes? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw SystemError("open", path, code: errno) }
        defer { _ = close(descriptor) }
        return try read(descriptor, limit: limit, subject: path)
    }

    /// Asks on the person's terminal, whatever the standard streams are, and takes a line that is not shown, without
    /// its newline; `nil`: it is empty.
    ///
    /// - Throws: `ENXIO` when there is no terminal, `EFBIG` over `lineBytes`, `ECANCELED` when input ended instead.
    package static func ask(_ question: String) throws(SystemError) -> SecretBytes? {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { throw SystemError("ask on the terminal", code: errno) }
        defer { _ = close(terminal) }
        return try ask(question, on: terminal)
    }

    /// `ask` on a terminal that is open, and stays so.
    package static func ask(_ question: String, on terminal: Descriptor) throws(SystemError) -> SecretBytes? {
        let mode = try TerminalMode.hidden(terminal)
        try StandardOutput.write(Bytes(utf8: question), to: terminal)
        let line = try take(
            terminal, limit: lineBytes, room: lineBytes + 1, subject: "the terminal", toLine: true)
        mode.restore()
        return line
    }

    /// One more than allowed shows that there is more; a file's size saves locking all that is allowed.
    private static func room(_ descriptor: Descriptor, _ limit: Int) -> Int {
        precondition(limit > 0, "a limit of \(limit) bytes takes nothing")
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0
        else { return limit + 1 }
        return min(Int(status.st_size), limit) + 1
    }

    private static func take(
        _ descriptor: Descriptor, limit: Int, room: Int, subject: String, toLine: Bool
    ) throws(SystemError) -> SecretBytes? {
        var filled = 0
        var failure: SystemError?
        let all = unsafe SecretBytes(count: room) { buffer in
            while filled < room {
                let base = unsafe buffer.baseAddress!.advanced(by: filled)
                let count = unsafe Glibc.read(descriptor, base, room - filled)
                if count > 0 {
                    filled += count
                    if toLine, unsafe buffer[filled - 1] == UInt8(ascii: "\n") { break }
                } else if count == 0 {
                    break
                } else if errno == EAGAIN {
                    _ = cl_wait(descriptor, false, -1, -1)
                } else if errno != EINTR {
                    failure = SystemError("read", subject, code: errno)
                    break
                }
            }
        }
        if let failure { throw failure }
        if toLine {
            guard filled > 0 else { throw SystemError("read", subject, code: ECANCELED, detail: "nothing was typed") }
            if unsafe all.borrow({ unsafe $0[filled - 1] == UInt8(ascii: "\n") }) { filled -= 1 }
        }
        guard filled <= limit else {
            throw SystemError("read", subject, code: EFBIG, detail: "longer than \(limit) bytes")
        }
        guard filled > 0 else { return nil }
        // What was read is wiped with `all`.
        return unsafe all.borrow { unsafe SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
    }
}

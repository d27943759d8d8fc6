import Bytes
import Glibc
import Linux
import Model
import Seams

/// What programs in containers write to a pipe, a line at a time: the number of the newest value, and how long
/// nothing came.
final class Beats: ConnectionEvents {
    /// Holds the pipe; for a mount.
    let folder: String
    /// The highest number heard.
    private(set) var heard = -1
    /// Nanoseconds since `begin`, up to now or the last line.
    private(set) var longestSilence: UInt64 = 0
    private var last = Clock.nanoseconds
    private var line = ""
    private var connection: (any Connection)?

    init(_ loop: Loop, folder: String) throws(Failure) {
        self.folder = folder
        let pipe = "\(folder)/pipe"
        unsafe mkdir(folder, 0o755)
        unsafe unlink(pipe)
        guard unsafe mkfifo(pipe, 0o666) == 0, unsafe chmod(pipe, 0o666) == 0 else {
            throw Failure(.unspecified, "no pipe can be made in \(folder)")
        }
        // Open for writing, too: no end comes while no container is there.
        let opened = unsafe open(pipe, O_RDWR | O_CLOEXEC)
        do throws(SystemError) {
            connection = try loop.stream(opened)
        } catch {
            throw Failure(.unspecified, "the pipe can't be read", why: "\(error)")
        }
        connection?.start(self)
    }

    /// Counts silence from now on.
    func begin() {
        last = Clock.nanoseconds
        longestSilence = 0
    }

    func close() { connection?.abort() }

    // MARK: - Events

    func received(_ bytes: Bytes) {
        let now = Clock.nanoseconds
        longestSilence = max(longestSilence, now - last)
        last = now
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                line.unicodeScalars.append(Unicode.Scalar(byte))
                continue
            }
            heard = max(heard, Int(line) ?? -1)
            line = ""
        }
    }

    func receivedEnd() {}
    func drained() {}
    func closed(_ reason: CloseReason) {}
}

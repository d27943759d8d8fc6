import Glibc

/// The output of a task: a file that the task's processes append to by themselves.
///
/// The daemon is not between a task and its log, or its death would block the task on a full pipe. So the size is
/// bounded from outside: every few seconds, a file over `most` bytes is copied to `<path>.1`, its newest `most`
/// bytes, and cut to zero; who appends goes on at the new end. What is written between copy and cut, some
/// microseconds, is lost; between two looks a task may write more than `most`. A limit of the process
/// (`RLIMIT_FSIZE`) would kill it instead.
enum LogFile {
    private static let pieceBytes = 1 << 18

    static func trim(_ path: String, most: Int) {
        let file = unsafe open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return }
        defer { close(file) }
        let size = Int(lseek(file, 0, SEEK_END))
        guard size > most else { return }
        let old = unsafe open("\(path).1", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard old >= 0 else { return }
        defer { close(old) }
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        var at = size - most
        while true {
            let got = unsafe pread(file, &piece, piece.count, off_t(at))
            guard got > 0 else { break }
            // A full disk costs the old output, never the bound.
            guard unsafe write(old, piece, got) == got else { break }
            at += got
        }
        _ = ftruncate(file, 0)
    }
}

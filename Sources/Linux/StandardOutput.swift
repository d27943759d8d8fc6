import Bytes
import CLinux
import Glibc
import Seams

/// Output that waits until it is taken: for a program whose loop has nothing else to do.
package enum StandardOutput {
    /// Writes all of `bytes` to `descriptor`, also when it is not blocking.
    ///
    /// - Throws: `EPIPE` when nobody reads any more.
    package static func write(_ bytes: Bytes, to descriptor: Descriptor = STDOUT_FILENO) throws(SystemError) {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(SystemError) in
            var done = 0
            while done < bytes.count {
                let base = unsafe bytes.baseAddress!.advanced(by: done)
                let count = unsafe Glibc.write(descriptor, base, bytes.count - done)
                if count >= 0 {
                    done += count
                } else if errno == EAGAIN {
                    _ = cl_wait(descriptor, true, -1, -1)
                } else if errno != EINTR {
                    throw SystemError("write to", "descriptor \(descriptor)", code: errno)
                }
            }
        }
    }
}

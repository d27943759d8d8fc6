import Bytes
import Conformance
import Glibc
import Wire

/// The program under test for the runner of protobuf's public conformance suite:
///
///     conformance_test_runner --enforce_recommended .build/debug/conformance-testee
///
/// A case is four bytes of length, little-endian, and a `ConformanceRequest` on standard input; its answer is the
/// same with a `ConformanceResponse` on standard output. The end of the input between two cases ends the program.
/// The runner's first argument, this program's own path, means nothing.
@main
struct Main {
    static func main() {
        while let head = read(4) {
            let count = head.reversed().reduce(0) { $0 << 8 | Int($1) }
            guard let body = read(count) else { fail("a request ends too early") }
            let response: ConformanceResponse
            do throws(WireError) {
                response = ConformanceResponse(to: try ConformanceRequest.decode(Bytes(body)))
            } catch {
                response = ConformanceResponse(.runtimeError("the request can't be read: \(error)"))
            }
            write(response.encoded().array)
        }
    }

    /// `count` bytes of standard input; `nil` where it ends before the first.
    private static func read(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let more = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(0, $0.baseAddress! + done, count - done)
            }
            if more < 0, errno == EINTR { continue }
            if more == 0, done == 0 { return nil }
            guard more > 0 else { fail("standard input ends inside a request") }
            done += more
        }
        return bytes
    }

    private static func write(_ body: [UInt8]) {
        var bytes: [UInt8] = []
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: body.count >> shift)) }
        bytes += body
        var done = 0
        while done < bytes.count {
            let more = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(1, $0.baseAddress! + done, bytes.count - done)
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { fail("standard output is closed") }
            done += more
        }
    }

    private static func fail(_ what: String) -> Never {
        let line = Array("conformance-testee: \(what)\n".utf8)
        _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(2, $0.baseAddress, $0.count) }
        exit(1)
    }
}

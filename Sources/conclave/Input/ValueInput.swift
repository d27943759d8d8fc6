import Bytes
import Glibc
import Linux
import Model
import Seams
import Text

/// Reads what a secret or a config is to hold: from standard input, a file, or a prompt that shows nothing.
enum ValueInput {
    /// Bounds of a secret's value and of a config's data; both are refused from here on.
    static let secretBytes = 512_000
    static let configBytes = 1_024_000

    /// A secret's value, straight into locked memory; asked for on a terminal.
    static func secret(_ path: String, asking question: String = "Value: ") throws(Failure) -> SecretBox {
        do throws(SystemError) {
            let value =
                if path != "-" {
                    try SecretInput.read(path: path, limit: secretBytes - 1)
                } else if Output.isTerminal(STDIN_FILENO) {
                    try SecretInput.ask(question, on: STDIN_FILENO)
                } else {
                    try SecretInput.read(STDIN_FILENO, limit: secretBytes - 1)
                }
            if let value { return SecretBox(value) }
        } catch {
            if error.code == EFBIG {
                throw Failure(.invalid, "secret data must be larger than 0 and less than \(secretBytes) bytes")
            }
            if error.code == ECANCELED { throw empty(path) }
            throw failure(path, error.operation, error.code)
        }
        throw empty(path)
    }

    /// A config's data.
    static func config(_ path: String) throws(Failure) -> Bytes {
        do throws(Failure) {
            return try withDescriptor(path) { (descriptor) throws(Failure) in
                var buffer = [UInt8](repeating: 0, count: configBytes)
                let count = try fill(&buffer, from: descriptor, path)
                guard count > 0 else { throw empty(path) }
                guard count < configBytes else {
                    throw Failure(.invalid, "config data must be larger than 0 and less than \(configBytes) bytes")
                }
                return Bytes(buffer[..<count])
            }
        } catch {
            // Docker says for configs where the content should have come from.
            guard error.message.hasPrefix("error reading from") else { throw error }
            throw Failure(error.code, "error reading content from \"\(path.printable)\": \(error.message)")
        }
    }

    /// Fails as reading the file would where it is not there, or not for this user.
    static func check(_ path: String) throws(Failure) {
        guard unsafe access(path, R_OK) == 0 else { throw failure(path, "open", errno) }
    }

    /// A file as it is, or all of standard input.
    static func text(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        try withDescriptor(path) { (descriptor) throws(Failure) in
            var buffer = [UInt8](repeating: 0, count: limit + 1)
            let count = try fill(&buffer, from: descriptor, path)
            guard count <= limit else {
                throw Failure(.invalid, "\(path.printable) has more than \(limit) bytes")
            }
            return Array(buffer[..<count])
        }
    }

    /// The lines of a small text file, such as one of `--env-file`, without a mark of its encoding.
    static func lines(_ path: String) throws(Failure) -> [String] {
        try withDescriptor(path) { (descriptor) throws(Failure) in
            var buffer = [UInt8](repeating: 0, count: configBytes)
            let count = try fill(&buffer, from: descriptor, path)
            guard count < configBytes, let text = String(validating: buffer[..<count], as: UTF8.self) else {
                throw Failure(.invalid, "\(path.printable) is not a text of less than \(configBytes) bytes")
            }
            // With the ends of Windows' lines, which are one character.
            let lines = text.split { $0 == "\n" || $0 == "\r\n" }.map(String.init)
            return lines.first?.first == "\u{feff}" ? [String(lines[0].dropFirst())] + lines.dropFirst() : lines
        }
    }

    // MARK: - Descriptors

    private static func withDescriptor<R>(
        _ path: String, _ body: (Int32) throws(Failure) -> R
    ) throws(Failure) -> R {
        if path == "-" { return try body(STDIN_FILENO) }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "open", errno) }
        defer { close(descriptor) }
        return try body(descriptor)
    }

    private static func fill(_ buffer: inout [UInt8], from descriptor: Int32, _ path: String) throws(Failure) -> Int {
        var result = Result<Int, Failure>.success(0)
        unsafe buffer.withUnsafeMutableBytes { space in
            do throws(Failure) {
                result = .success(try unsafe fill(space, from: descriptor, path))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads to the end, or until the buffer is full.
    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, _ path: String
    ) throws(Failure) -> Int {
        var count = 0
        while count < buffer.count {
            let step = unsafe read(descriptor, buffer.baseAddress.map { unsafe $0 + count }, buffer.count - count)
            if step == 0 { break }
            if step > 0 { count += step } else if errno != EINTR { throw failure(path, "read", errno) }
        }
        return count
    }

    private static func empty(_ path: String) -> Failure {
        Failure(
            .invalid,
            path == "-"
                ? "error reading from STDIN: data is empty" : "error reading from \(path.printable): data is empty")
    }

    private static func failure(_ path: String, _ call: String, _ number: Int32) -> Failure {
        let reason = unsafe String(cString: strerror(number)).lowercased()
        let name = path == "-" ? "STDIN" : path.printable
        return Failure(
            number == EACCES ? .denied : .unspecified, "error reading from \(name): \(call) \(name): \(reason)")
    }
}

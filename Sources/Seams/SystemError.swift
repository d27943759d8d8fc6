/// What the world refused: an operation, what it was about, and the kernel's number for why.
///
/// Weather, not a bug: whoever asked decides. Never holds the content of a file or of a message.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, as a verb phrase: "open", "listen on".
    package var operation: String
    /// What it was tried on: a path, an address, a program; may be empty.
    package var subject: String
    /// `errno`; 0 when the reason is `detail` alone.
    package var code: Int32
    /// The reason in words.
    package var detail: String

    package init(_ operation: String, _ subject: String = "", code: Int32 = 0, detail: String) {
        self.operation = operation
        self.subject = subject
        self.code = code
        self.detail = detail
    }

    package var description: String {
        subject.isEmpty ? "\(operation): \(detail)" : "\(operation) \(subject): \(detail)"
    }
}

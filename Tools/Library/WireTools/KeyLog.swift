import Bytes
import Model

/// The keys of links that a test captured. Only a client of a test writes one, of its own links: no daemon can.
///
/// One line a link, in hex behind the word `LINK`: the first 32 bytes of handshake message 1, those of message 2, the
/// key of the dialler's records, that of the acceptor's. The first two are in the clear in a capture and say which link
/// it is.
package struct KeyLog {
    struct Line {
        var dialler: Bytes
        var acceptor: Bytes
        var diallerKey: Bytes
        var acceptorKey: Bytes
    }

    private(set) var lines: [Line] = []

    /// - Throws: `Failure` naming the line, never what is in it.
    package init(_ text: String) throws(Failure) {
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let words = line.split(separator: " ")
            let fields = words.dropFirst().compactMap { Hex.bytes($0) }.filter { $0.count == 32 }.map { Bytes($0) }
            guard words.first == "LINK", words.count == 5, fields.count == 4 else {
                throw Failure(
                    .invalid, "line \(number + 1) of the key log is not understood",
                    try: "a line is LINK and four times 32 bytes in hex")
            }
            lines.append(
                Line(dialler: fields[0], acceptor: fields[1], diallerKey: fields[2], acceptorKey: fields[3]))
        }
    }
}

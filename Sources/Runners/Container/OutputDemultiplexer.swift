import Bytes

/// Parts a stream in which the engine mixes a program's output with its errors, when there is no terminal: a header of
/// eight bytes (1 or 2 for which, three zeros, the count in big-endian), then so many bytes.
struct OutputDemultiplexer {
    struct Piece: Equatable {
        var bytes: Bytes
        var isError: Bool
        /// Whether what follows a header begins here.
        var isFirst: Bool
    }

    private var header: [UInt8] = []
    private var isError = false
    private var isFirst = true
    private var left = 0

    /// - Throws: for a header that is none; nothing may be given to it then.
    mutating func take(_ bytes: Bytes) throws(HTTPError) -> [Piece] {
        var pieces: [Piece] = []
        var rest = bytes
        while !rest.isEmpty {
            if left == 0 {
                let count = min(8 - header.count, rest.count)
                header += rest.slice(0..<count)
                rest = rest.slice(count..<rest.count)
                if header.count == 8 { try open() }
            } else {
                let bytes = rest.slice(0..<min(left, rest.count))
                rest = rest.slice(bytes.count..<rest.count)
                left -= bytes.count
                pieces.append(Piece(bytes: bytes, isError: isError, isFirst: isFirst))
                isFirst = false
            }
        }
        return pieces
    }

    private mutating func open() throws(HTTPError) {
        guard header[0] <= 2, header[1...3].allSatisfy({ $0 == 0 }) else {
            throw HTTPError("the program's output is not parted as it should be")
        }
        isError = header[0] == 2
        isFirst = true
        left = header[4...].reduce(0) { $0 << 8 | Int($1) }
        header = []
    }
}

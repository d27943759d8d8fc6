import Bytes

/// A request of HTTP/1.1 (RFC 9112) to the engine, written as a whole: the body is short and all there.
package struct HTTPRequest {
    package enum Method: String {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    var method: Method
    /// Without the query; made of `path`, so that no name in it can end it.
    var target: String
    /// Names and values; written in this order.
    var query: [(name: String, value: String)] = []
    var body: Bytes?
    var contentType = "application/json"
    /// Asks for the connection itself, for a program's input and output.
    var wantsUpgrade = false

    package init(_ method: Method, _ parts: String..., query: [(name: String, value: String)] = [], body: Bytes? = nil)
    {
        self.method = method
        target = parts.map { "/" + Self.encoded($0) }.joined()
        self.query = query
        self.body = body
    }

    /// All up to the end of the headers but one, then the rest: between them goes a header with a credential in it.
    func pieces(prefix: String) -> (head: Bytes, rest: Bytes) {
        var line = "\(method.rawValue) \(prefix)\(target)"
        for (place, pair) in query.enumerated() {
            line += "\(place == 0 ? "?" : "&")\(pair.name)=\(Self.encoded(pair.value))"
        }
        line += " HTTP/1.1\r\nHost: engine\r\nUser-Agent: conclave\r\n"
        line += wantsUpgrade ? "Connection: Upgrade\r\nUpgrade: tcp\r\n" : "Connection: close\r\n"
        if let body {
            line += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n"
        } else if method != .get {
            line += "Content-Length: 0\r\n"
        }
        var rest = Array("\r\n".utf8)
        if let body { rest += body }
        return (Bytes(utf8: line), Bytes(rest))
    }

    /// Percent-encodes all but what RFC 3986 calls unreserved.
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + Hex.text([byte]).uppercased()
            }
        }
        return result
    }
}

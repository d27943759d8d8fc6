/// What bwrap's status file says: JSON objects, one a line, of which two numbers and one name count.
struct TaskStatus: Equatable {
    /// The process that is number 1 inside; when it dies, all inside dies.
    var reaper: Int32?
    /// Its PID namespace, as `/proc/<pid>/ns/pid` names it.
    var pidNamespace: UInt64?
    /// Written by bwrap's monitor when all is over.
    var exitCode: Int32?

    init(parsing text: String) {
        reaper = Self.number("\"child-pid\":", in: text).flatMap { Int32(exactly: $0) }
        pidNamespace = Self.number("\"pid-namespace\":", in: text)
        exitCode = Self.number("\"exit-code\":", in: text).flatMap { Int32(exactly: $0) }
    }

    private static func number(_ key: String, in text: String) -> UInt64? {
        let bytes = Array(text.utf8)
        let wanted = Array(key.utf8)
        guard bytes.count > wanted.count else { return nil }
        for start in 0..<(bytes.count - wanted.count) where bytes[start..<(start + wanted.count)].elementsEqual(wanted)
        {
            let rest = bytes[(start + wanted.count)...].drop { $0 == UInt8(ascii: " ") }
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return UInt64(String(decoding: digits, as: UTF8.self))
        }
        return nil
    }
}

import Bytes
import Seams

/// Users and groups by name, as `/etc/passwd` and `/etc/group` tell. From any thread.
enum UserTable {
    struct User: Hashable, Sendable {
        var uid: UInt32
        var gid: UInt32
        /// Beside `gid`.
        var groups: [UInt32] = []
    }

    /// Larger tables than these belong to hosts that keep them elsewhere.
    private static let mostBytes = 4 << 20

    /// The user of `uid`, `uid:gid`, or a name with or without `:gid` or `:group`. A number without a group gets the
    /// group of the same number.
    ///
    /// - Throws: naming what there is not.
    static func resolve(_ text: String, in files: any Files) throws(SystemError) -> User {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        var uid = number(parts[0])
        var gid = uid
        if uid == nil, let line = line(of: parts[0], in: "/etc/passwd", files), line.count >= 4 {
            uid = number(line[2])
            gid = number(line[3])
        }
        guard let uid else { throw SystemError("find the user", parts[0], detail: "there is none on this node") }
        if parts.count == 2 { gid = try group(parts[1], in: files) }
        guard let gid else {
            throw SystemError("find the group", parts[parts.count - 1], detail: "there is none on this node")
        }
        return User(uid: uid, gid: gid)
    }

    /// The group of a number or a name.
    ///
    /// - Throws: when there is none.
    static func group(_ text: String, in files: any Files) throws(SystemError) -> UInt32 {
        if let number = number(text) { return number }
        guard let line = line(of: text, in: "/etc/group", files), line.count >= 3, let number = number(line[2]) else {
            throw SystemError("find the group", text, detail: "there is none on this node")
        }
        return number
    }

    /// A decimal ID; the last one means "none" to the kernel and is not one.
    static func number(_ text: String) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }

    private static func line(of name: String, in path: String, _ files: any Files) -> [String]? {
        guard !name.isEmpty, let text = (try? files.read(path, limit: mostBytes))?.text else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix("\(name):") {
            return line.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        }
        return nil
    }
}

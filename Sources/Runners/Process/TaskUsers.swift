import Model

/// Who a task runs as: a user ID of its service's own, or the user that the service names.
package enum TaskUsers {
    /// The ID for `service`: the one that it has in `taken`, else a free one of `range`, from a place that its ID
    /// gives, so that the same service tends to get the same one on every node and after a restart.
    ///
    /// - Parameter taken: the services of this node's tasks, ended ones that are not cleaned up included.
    /// - Returns: `nil` when all are taken.
    package static func uid(
        for service: ServiceID, in range: ClosedRange<UInt32>, taken: [UInt32: ServiceID]
    ) -> UInt32? {
        if let own = taken.filter({ $0.value == service && range.contains($0.key) }).keys.min() { return own }
        let count = UInt64(range.upperBound - range.lowerBound) + 1
        let start = (service.high ^ service.low) % count
        for step in 0..<count {
            let uid = range.lowerBound + UInt32((start + step) % count)
            if taken[uid] == nil { return uid }
        }
        return nil
    }

    /// The user of `--user`: `uid`, `uid:gid`, or a name of `/etc/passwd` with or without `:gid` or `:group`.
    ///
    /// A number without a group gets the group of the same number.
    /// - Throws: `refused` naming what there is not.
    package static func resolve(_ text: String) throws(RunnerError) -> (uid: UInt32, gid: UInt32) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        var uid = number(parts[0])
        var gid = uid
        if uid == nil, let line = line(of: parts[0], in: "/etc/passwd"), line.count >= 4 {
            uid = number(line[2])
            gid = number(line[3])
        }
        guard let uid else { throw .refused("there is no user \(parts[0]) on this node") }
        if parts.count == 2 {
            gid = number(parts[1])
            if gid == nil, let line = line(of: parts[1], in: "/etc/group"), line.count >= 3 { gid = number(line[2]) }
        }
        guard let gid else { throw .refused("there is no group \(parts.last ?? "") on this node") }
        return (uid, gid)
    }

    /// A decimal ID; the last one means "none" to the kernel and is not one.
    private static func number(_ text: String) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }

    private static func line(of name: String, in path: String) -> [String]? {
        guard !name.isEmpty else { return nil }
        for line in (SmallFile.text(path) ?? "").split(separator: "\n") where line.hasPrefix("\(name):") {
            return line.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        }
        return nil
    }
}

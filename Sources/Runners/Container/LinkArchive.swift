import Bytes

/// A tar archive (POSIX ustar) of symbolic links, to be unpacked at a container's root.
enum LinkArchive {
    /// - Parameter links: absolute paths and where they lead.
    /// - Throws: naming the path that is too long: below 100 bytes for each end of a link.
    static func bytes(_ links: [(path: String, target: String)]) throws(RunnerError) -> Bytes {
        var archive: [UInt8] = []
        for link in links { archive += try header(String(link.path.drop { $0 == "/" }), link.target) }
        // Two empty blocks end it.
        return Bytes(archive + [UInt8](repeating: 0, count: 1024))
    }

    private static func header(_ name: String, _ target: String) throws(RunnerError) -> [UInt8] {
        guard name.utf8.count < 100, target.utf8.count < 100 else {
            throw .refused("the target path /\(name) is too long for a link in a container")
        }
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            block.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000777", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put("00000000000", at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("2", at: 156)
        put(target, at: 157)
        put("ustar", at: 257)
        put("00", at: 263)
        let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - digits.count) + digits + "\0 ", at: 148)
        return block
    }
}

/// What is mounted, as `/proc/self/mountinfo` tells it.
struct MountTable: Equatable {
    struct Mount: Equatable {
        /// `major:minor` of the file system.
        var device: String
        /// The folder of the file system that is seen at `point`.
        var root: String
        var point: String
        var type: String
        var superOptions: [String]
    }

    /// In the order of mounting.
    private(set) var mounts: [Mount] = []
    /// The places in `mounts` of the topmost mount at each point, and of all mounts of each device.
    private var byPoint: [String: Int] = [:]
    private var byDevice: [String: [Int]] = [:]

    /// This process's; `nil`: it cannot be read.
    static func current() -> MountTable? {
        SmallFile.text("/proc/self/mountinfo").map { MountTable(parsing: $0) }
    }

    /// Reads the kernel's lines and passes over those that are not of its shape.
    init(parsing text: String) {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 10, let dash = words.dropFirst(6).firstIndex(of: "-"), dash + 3 < words.count else {
                continue
            }
            let mount = Mount(
                device: String(words[2]), root: Self.plain(words[3]), point: Self.plain(words[4]),
                type: String(words[dash + 1]), superOptions: words[dash + 3].split(separator: ",").map { String($0) })
            byPoint[mount.point] = mounts.count
            byDevice[mount.device, default: []].append(mounts.count)
            mounts.append(mount)
        }
    }

    /// The topmost mount exactly at `path`.
    func last(at path: String) -> Mount? {
        byPoint[path].map { mounts[$0] }
    }

    /// The mount that `path` is in: the topmost one at the nearest folder above it, or at itself.
    private func mount(of path: String) -> Mount? {
        var folder = path[...]
        while true {
            if let mount = last(at: folder.isEmpty ? "/" : String(folder)) { return mount }
            guard let slash = folder.lastIndex(of: "/") else { return nil }
            folder = folder[..<slash]
        }
    }

    /// Every path at which the folder that is seen at `path` can be seen too: through a bind mount, or the same
    /// file system mounted twice. Sorted, with `path`, without duplicates.
    func aliases(of path: String) -> [String] {
        guard let own = mount(of: path), let rest = Self.rest(of: path, below: own.point) else { return [path] }
        let inside = Self.join(own.root, rest)
        var all: Set<String> = [path]
        for mount in (byDevice[own.device] ?? []).map({ mounts[$0] }) {
            if let below = Self.rest(of: inside, below: mount.root) { all.insert(Self.join(mount.point, below)) }
        }
        return all.sorted()
    }

    /// What remains of `path` below `folder`, "" for itself; `nil`: it is elsewhere.
    static func rest(of path: String, below folder: String) -> String? {
        if path == folder { return "" }
        let prefix = folder == "/" ? "/" : folder + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
    }

    private static func join(_ folder: String, _ rest: String) -> String {
        if rest.isEmpty { return folder }
        return folder == "/" ? "/" + rest : folder + "/" + rest
    }

    /// The kernel writes a space, tab, line feed and backslash as three octal digits.
    private static func plain(_ word: Substring) -> String {
        guard word.utf8.contains(UInt8(ascii: "\\")) else { return String(word) }
        var bytes: [UInt8] = []
        var rest = Array(word.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

import Glibc
import Model
import Seams

/// The generations of one of a task's two sets of files.
///
///     staged ──flip──▶ current ──flip of a later one──▶ replaced ──retention──▶ gone
///        └───discard──▶ gone
struct Generations {
    private struct Replaced {
        let number: UInt64
        let bytes: Int
        let due: Moment
    }

    let tree: SecretsFileSystem.Tree
    /// What `..data` points at; 0: nothing yet.
    private(set) var current: UInt64 = 0
    private var currentBytes = 0
    private var last: UInt64 = 0
    private var staged: [(number: UInt64, bytes: Int, names: Set<String>)] = []
    private var replaced: [Replaced] = []
    /// The plain names beside `..data`.
    private var linked: Set<String> = []

    init(tree: SecretsFileSystem.Tree) {
        self.tree = tree
    }

    /// Reads back what an earlier process left: the current generation is what `..data` points at.
    init(adopting tree: SecretsFileSystem.Tree, in root: borrowing Folder, now: Moment) throws(RunnerError) {
        self.tree = tree
        let folder = try root.folder(tree.rawValue)
        if let target = folder.target(of: "..data") { current = Self.number(target) ?? 0 }
        let entries = folder.entries()
        linked = Set(entries.filter { $0.kind == .link && $0.name != "..data" }.map(\.name))
        for (name, kind) in entries where kind == .folder {
            guard let number = Self.number(name), let generation = try? folder.folder(name) else { continue }
            let bytes = Self.bytes(of: generation)
            last = max(last, number)
            if number == current {
                currentBytes = bytes
            } else {
                replaced.append(Replaced(number: number, bytes: bytes, due: now + SecretsFileSystem.retention))
            }
        }
    }

    /// What one file of `count` bytes takes: whole pages, and one for its name.
    static func cost(_ count: Int) -> Int { (count + 4095) / 4096 * 4096 + 4096 }

    var usedBytes: Int {
        currentBytes + staged.reduce(0) { $0 + $1.bytes } + replaced.reduce(0) { $0 + $1.bytes }
    }

    mutating func stage(_ files: [TaskFile], in folder: borrowing Folder) throws(RunnerError) -> UInt64 {
        var seen: Set<String> = []
        var names: Set<String> = []
        for file in files {
            names.insert(try file.components()[0])
            guard seen.insert(file.path).inserted else { throw .refused("two files have the path \(file.path)") }
            guard file.mode <= 0o777 else { throw .refused("the mode of \(file.path) has more than permissions") }
        }
        last += 1
        let number = last
        let bytes = files.reduce(0) { $0 + Self.cost($1.count) }
        do {
            try folder.make(Self.name(number), mode: 0o755)
            for file in files { try Self.write(file, in: try folder.folder(Self.name(number))) }
        } catch {
            remove(number, in: folder)
            throw error
        }
        staged.append((number, bytes, names))
        return number
    }

    mutating func flip(to number: UInt64, in folder: borrowing Folder, now: Moment) throws(RunnerError) {
        guard let place = staged.firstIndex(where: { $0.number == number }) else {
            throw .refused("generation \(number) of \(tree) is not staged")
        }
        let names = staged[place].names
        // The plain names come before the flip and go after it, so that each is there as long as its file is.
        for name in names.subtracting(linked).sorted() { try folder.link(name, to: "..data/\(name)") }
        try folder.link("..data", to: Self.name(number))
        for name in linked.subtracting(names) { folder.unlink(name) }
        linked = names
        if current != 0 {
            replaced.append(
                Replaced(number: current, bytes: currentBytes, due: now + SecretsFileSystem.retention))
        }
        currentBytes = staged.remove(at: place).bytes
        current = number
    }

    mutating func discard(_ number: UInt64, in folder: borrowing Folder) {
        guard let place = staged.firstIndex(where: { $0.number == number }) else { return }
        staged.remove(at: place)
        remove(number, in: folder)
    }

    /// When the next replaced one may go; `nil`: there is none.
    var nextDue: Moment? { replaced.map(\.due).min() }

    /// Removes what is due.
    mutating func collect(in folder: borrowing Folder, now: Moment) {
        for old in replaced where old.due <= now { remove(old.number, in: folder) }
        replaced.removeAll { $0.due <= now }
    }

    // MARK: - Files

    private func remove(_ number: UInt64, in folder: borrowing Folder) {
        guard let generation = try? folder.folder(Self.name(number)) else { return }
        Eraser.remove(generation)
        folder.removeFolder(Self.name(number))
    }

    private static func write(_ file: TaskFile, in generation: consuming Folder) throws(RunnerError) {
        var folder = generation
        let parts = try file.components()
        for part in parts.dropLast() {
            try folder.make(part, mode: 0o755)
            folder = try folder.folder(part)
        }
        let name = parts[parts.count - 1]
        // Closed to all others until it has its owner: who opens a file keeps it, whatever its mode becomes.
        let opened = unsafe openat(
            folder.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw .system("make \(file.path)", errno) }
        defer { close(opened) }
        let failure: Int32 = unsafe file.borrow { content in
            var done = 0
            while done < content.count {
                let put = unsafe Glibc.write(opened, content.baseAddress! + done, content.count - done)
                if put < 0 && errno == EINTR { continue }
                if put <= 0 { return put == 0 ? ENOSPC : errno }
                done += put
            }
            return 0
        }
        guard failure == 0 else { throw .system("write \(file.path)", failure) }
        guard fchown(opened, file.uid, file.gid) == 0 else { throw .system("chown \(file.path)", errno) }
        guard fchmod(opened, mode_t(file.mode)) == 0 else { throw .system("chmod \(file.path)", errno) }
    }

    // MARK: - Names

    private static func name(_ number: UInt64) -> String { "..g\(number)" }

    private static func number(_ name: String) -> UInt64? {
        guard name.hasPrefix("..g") else { return nil }
        return UInt64(name.dropFirst(3))
    }

    private static func bytes(of folder: borrowing Folder) -> Int {
        var bytes = 0
        for (name, kind) in folder.entries() {
            switch kind {
            case .file:
                var facts = stat()
                if unsafe fstatat(folder.descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 {
                    bytes += cost(Int(facts.st_size))
                }
            case .folder: if let inner = try? folder.folder(name) { bytes += Self.bytes(of: inner) }
            case .link, .other: break
            }
        }
        return bytes
    }
}

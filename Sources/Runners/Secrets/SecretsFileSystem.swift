import Bytes
import Glibc
import Model
import Seams

/// The files of one task that exist in memory only: its secrets and its configs, one file system for both.
///
///     <run>/tasks/<id>/             tmpfs with noswap, or ramfs; nosuid, nodev, noexec
///         secrets/                  seen by the task, read-only, as /run/secrets
///             ..data -> ..g2        moved by one rename: the set changes as a whole
///             ..g2/db-password      a generation: files that never change
///             db-password -> ..data/db-password
///         configs/                  likewise, as /run/configs
///
/// A generation is written beside the current one and becomes it by the move of one link, so a reader that
/// holds the folder `..data` open never sees two generations mixed. The one before stays at least
/// `retention`: a reader may be between two `open`s. Only folders are ever mounted into a task; a mounted file
/// would never see a rename.
///
/// Not thread-safe; each call is a few system calls on memory.
package final class SecretsFileSystem {
    /// What the host must be able to keep from its swap space.
    package enum Demand: Sendable, Equatable {
        /// Memory that cannot be swapped out, or no task.
        case required
        /// The best that can be had.
        case preferred
    }

    /// How well the values are kept from a disk.
    package enum Protection: String, Sendable, Equatable {
        /// The memory cannot be swapped out.
        case secure
        /// It could be, but the host has no swap space now.
        case weak
        /// It may be written to swap space.
        case insecure
    }

    /// The two sets of files, each with generations of its own.
    package enum Tree: String, Sendable, CaseIterable {
        case secrets, configs
    }

    /// How long a generation outlives its replacement.
    package static let retention = Duration.seconds(5)
    /// Files in one set; more make no sense for one task.
    package static let mostFiles = 512

    /// The absolute path of the file system.
    package let folder: String
    /// Bytes of content that it may hold, old generations included.
    package let capacity: Int
    package let protection: Protection
    private var trees: [Generations]

    /// Room for `bytes` of current content, two older generations of it and what files cost beside it.
    package static func capacity(for bytes: Int) -> Int {
        max(4 << 20, (bytes + 512 * 4096) * 3)
    }

    private init(folder: String, capacity: Int, protection: Protection, trees: [Generations]) {
        self.folder = folder
        self.capacity = capacity
        self.protection = protection
        self.trees = trees
    }

    /// Mounts a new, empty one at `folder`, which is made.
    ///
    /// - Throws: `RunnerError.unsupported` when `demand` cannot be met; `system` when the kernel refuses.
    package static func mount(
        at folder: String, capacity: Int, demand: Demand, context: String? = nil
    ) throws(RunnerError) -> SecretsFileSystem {
        guard unsafe mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw .system("make \(folder)", errno) }
        let kind: MemoryMount.Kind
        do {
            kind = try MemoryMount.mount(at: folder, capacity: capacity, demand: demand, context: context)
        } catch {
            _ = unsafe rmdir(folder)
            throw error
        }
        let root = try Folder(folder)
        for tree in Tree.allCases { try root.make(tree.rawValue, mode: 0o755) }
        return SecretsFileSystem(
            folder: folder, capacity: capacity, protection: MemoryMount.protection(of: kind),
            trees: Tree.allCases.map { Generations(tree: $0) })
    }

    /// Takes over what an earlier process of this daemon mounted at `folder`; `nil`: there is none.
    ///
    /// The generations that are not current count as replaced at `now`.
    package static func adopt(at folder: String, capacity: Int, now: Moment) -> SecretsFileSystem? {
        guard let kind = MemoryMount.kind(at: folder), let root = try? Folder(folder) else { return nil }
        var trees: [Generations] = []
        for tree in Tree.allCases {
            guard let generations = try? Generations(adopting: tree, in: root, now: now) else { return nil }
            trees.append(generations)
        }
        return SecretsFileSystem(
            folder: folder, capacity: capacity, protection: MemoryMount.protection(of: kind), trees: trees)
    }

    /// The folder of `tree`, to be mounted into the task.
    package func path(of tree: Tree) -> String { "\(folder)/\(tree.rawValue)" }

    /// The number of the generation that a task reads now; 0: none yet.
    package func generation(of tree: Tree) -> UInt64 { trees[index(tree)].current }

    /// Bytes of content now held, old generations included.
    package var usedBytes: Int { trees.reduce(0) { $0 + $1.usedBytes } }

    /// Writes the whole set `files` as a new generation of `tree` that nobody reads yet.
    ///
    /// - Returns: its number, for `flip` or `discard`; its folder is `..g<number>`.
    /// - Throws: `full` when it does not fit beside what must still stay: call again after `retention`.
    package func stage(_ files: [TaskFile], in tree: Tree, now: Moment) throws(RunnerError) -> UInt64 {
        guard files.count <= Self.mostFiles else { throw .refused("over \(Self.mostFiles) files in one task") }
        collect(now: now)
        let needed = files.reduce(0) { $0 + Generations.cost($1.count) }
        guard usedBytes + needed <= capacity else { throw .full(needed: needed, capacity: capacity) }
        return try trees[index(tree)].stage(files, in: try Folder(path(of: tree)))
    }

    /// Makes the staged generation `number` the one that the task reads, in one step.
    package func flip(to number: UInt64, in tree: Tree, now: Moment) throws(RunnerError) {
        try trees[index(tree)].flip(to: number, in: try Folder(path(of: tree)), now: now)
    }

    /// Throws away the staged generation `number`.
    package func discard(_ number: UInt64, in tree: Tree) throws(RunnerError) {
        trees[index(tree)].discard(number, in: try Folder(path(of: tree)))
    }

    /// `stage` and `flip` in one.
    @discardableResult
    package func replace(_ files: [TaskFile], in tree: Tree, now: Moment) throws(RunnerError) -> UInt64 {
        let number = try stage(files, in: tree, now: now)
        try flip(to: number, in: tree, now: now)
        return number
    }

    /// Removes the generations that were replaced `retention` ago or earlier.
    ///
    /// - Returns: when the next one may go; `nil`: none waits.
    @discardableResult
    package func collect(now: Moment) -> Moment? {
        for place in trees.indices {
            guard let due = trees[place].nextDue, due <= now,
                let folder = try? Folder(path(of: trees[place].tree))
            else { continue }
            trees[place].collect(in: folder, now: now)
        }
        return nextDue
    }

    /// When the next replaced generation may go; `nil`: none waits.
    package var nextDue: Moment? { trees.compactMap(\.nextDue).min() }

    /// Overwrites every file, unmounts and removes the folder. Call when no process of the task is left.
    package func wipe() {
        Self.wipe(folder, isOurs: MemoryMount.isMounted(at: folder))
    }

    /// Wipes the file systems below `folder` whose name is not in `keeping`: those of tasks that are gone.
    ///
    /// - Returns: the names of what was wiped, in ascending order.
    @discardableResult
    package static func sweep(_ folder: String, keeping: Set<String>) -> [String] {
        guard let all = try? Folder(folder) else { return [] }
        var wiped: [String] = []
        for (name, kind) in all.entries() where kind == .folder && !keeping.contains(name) {
            let found = "\(folder)/\(name)"
            // Only in memory can overwriting do anything, and only there is everything ours.
            wipe(found, isOurs: MemoryMount.kind(at: found) != nil)
            wiped.append(name)
        }
        return wiped
    }

    private static func wipe(_ folder: String, isOurs: Bool) {
        if isOurs {
            if let root = try? Folder(folder) { Eraser.overwrite(root, depth: 0) }
            if unsafe umount2(folder, 0) != 0 { _ = unsafe umount2(folder, MemoryMount.detach) }
        }
        _ = unsafe rmdir(folder)
    }

    private func index(_ tree: Tree) -> Int { tree == .secrets ? 0 : 1 }
}

import Bytes
import Glibc
import Model
import Seams
import Testing

@testable import Runners

/// These mount real file systems, which user 0 alone may.
@Suite(.enabled(if: geteuid() == 0, "mounting needs user 0"))
struct SecretsFileSystemTests {
    let scratch = Scratch()
    let start = Moment(milliseconds: 1_000)

    private func make(capacity: Int = 4 << 20) throws -> SecretsFileSystem {
        try SecretsFileSystem.mount(at: "\(scratch.path)/task", capacity: capacity, demand: .required)
    }

    private func file(_ path: String, _ value: String, uid: UInt32 = 0, mode: UInt32 = 0o400) -> TaskFile {
        TaskFile(path: path, content: secret(value), uid: uid, gid: uid, mode: mode)
    }

    @Test func `a file has its owner, its mode and its value in memory that cannot be swapped`() throws {
        let files = try make()
        try files.replace([file("db", "hello", uid: 103)], in: .secrets, now: start)
        var facts = stat()
        #expect(unsafe stat("\(files.path(of: .secrets))/db", &facts) == 0)
        #expect(facts.st_uid == 103 && facts.st_gid == 103 && facts.st_mode & 0o7777 == 0o400)
        #expect(text("\(files.path(of: .secrets))/db") == "hello")
        #expect(files.protection == .secure)
        let mount = try #require(MountTable.current()?.last(at: files.folder))
        #expect(mount.type == "ramfs" || mount.superOptions.contains("noswap"))
        #expect(MemoryMount.isMounted(at: files.folder) && !MemoryMount.isMounted(at: "\(files.folder)/secrets"))
        files.wipe()
        #expect(MountTable.current()?.last(at: files.folder) == nil)
        #expect(!exists(files.folder) && !MemoryMount.isMounted(at: files.folder))
    }

    @Test func `a set changes as a whole, and names that are gone disappear`() throws {
        let files = try make()
        let folder = files.path(of: .secrets)
        try files.replace([file("a", "a1"), file("sub/dir/b", "b1")], in: .secrets, now: start)
        #expect(text("\(folder)/sub/dir/b") == "b1")
        let old = try Folder("\(folder)/..g1")
        try files.replace([file("a", "a2"), file("c", "c2")], in: .secrets, now: start)
        #expect(text("\(folder)/a") == "a2" && text("\(folder)/c") == "c2")
        #expect(!exists("\(folder)/sub"))
        // Who holds the old folder still sees the old set, whole.
        #expect(old.entries().map { $0.name } == ["a", "sub"])
        files.wipe()
    }

    @Test func `an old generation stays for the retention and goes after it`() throws {
        let files = try make()
        let folder = files.path(of: .secrets)
        try files.replace([file("a", "1")], in: .secrets, now: start)
        try files.replace([file("a", "2")], in: .secrets, now: start)
        let due = start + SecretsFileSystem.retention
        #expect(files.collect(now: start) == due)
        #expect(text("\(folder)/..g1/a") == "1")
        #expect(files.collect(now: due) == nil)
        #expect(!exists("\(folder)/..g1"))
        files.wipe()
    }

    @Test func `a reader that has an old file open reads the old value, never zeros`() throws {
        let files = try make()
        let folder = files.path(of: .secrets)
        try files.replace([file("a", "first"), file("b", "other")], in: .secrets, now: start)
        let reader = opened("\(folder)/a", O_RDONLY)
        try files.replace([file("a", "later")], in: .secrets, now: start)
        files.collect(now: start + .seconds(60))
        var buffer = [UInt8](repeating: 0, count: 5)
        #expect(unsafe read(reader, &buffer, 5) == 5)
        #expect(buffer == Array("first".utf8))
        close(reader)
        files.wipe()
    }

    @Test func `a staged generation is seen by nobody until it is flipped`() throws {
        let files = try make()
        let folder = files.path(of: .secrets)
        try files.replace([file("a", "1")], in: .secrets, now: start)
        let second = try files.stage([file("a", "2")], in: .secrets, now: start)
        #expect(text("\(folder)/a") == "1" && text("\(folder)/..g\(second)/a") == "2")
        try files.discard(second, in: .secrets)
        #expect(!exists("\(folder)/..g\(second)"))
        let third = try files.stage([file("a", "3")], in: .secrets, now: start)
        try files.flip(to: third, in: .secrets, now: start)
        #expect(text("\(folder)/a") == "3" && files.generation(of: .secrets) == third)
        files.wipe()
    }

    @Test func `what does not fit is refused and leaves the current set`() throws {
        let files = try make(capacity: 64 << 10)
        let big = String(repeating: "x", count: 30 << 10)
        try files.replace([file("a", big)], in: .secrets, now: start)
        #expect(throws: RunnerError.self) { try files.replace([file("a", big)], in: .secrets, now: start) }
        #expect(text("\(files.path(of: .secrets))/a") == big)
        files.wipe()
    }

    @Test(arguments: ["", "/etc/x", "../x", "a/../b", "a//b", ".", "..data", "..data/x", "a/", "a/..b"])
    func `a path that is not plain is refused`(path: String) throws {
        let files = try make()
        #expect(throws: RunnerError.self) { try files.replace([file(path, "v")], in: .secrets, now: start) }
        #expect(files.usedBytes == 0)
        files.wipe()
    }

    @Test func `another process of the daemon takes over what is mounted`() throws {
        let first = try make()
        try first.replace([file("a", "1")], in: .secrets, now: start)
        try first.replace([file("a", "2")], in: .secrets, now: start)
        let second = try #require(
            SecretsFileSystem.adopt(at: first.folder, capacity: first.capacity, now: start))
        #expect(second.generation(of: .secrets) == 2 && second.usedBytes == first.usedBytes)
        try second.replace([file("a", "3")], in: .secrets, now: start)
        #expect(text("\(second.path(of: .secrets))/a") == "3")
        second.wipe()
        #expect(SecretsFileSystem.adopt(at: first.folder, capacity: first.capacity, now: start) == nil)
    }

    @Test func `a sweep wipes what belongs to no task, and nothing else`() throws {
        let tasks = scratch.folder("tasks")
        try TasksFolder.open(tasks)
        try TasksFolder.open(tasks)
        for name in ["gone", "kept"] {
            let files = try SecretsFileSystem.mount(at: "\(tasks)/\(name)", capacity: 1 << 20, demand: .required)
            try files.replace([file("a", name)], in: .secrets, now: start)
        }
        #expect(SecretsFileSystem.sweep(tasks, keeping: ["kept"]) == ["gone"])
        #expect(text("\(tasks)/kept/secrets/a") == "kept")
        SecretsFileSystem.sweep(tasks, keeping: [])
        TasksFolder.close(tasks)
        #expect(MountTable.current()?.mounts.contains { $0.point.hasPrefix(scratch.path) } == false)
    }
}

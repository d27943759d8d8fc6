import Bytes
import Glibc
import Seams
import TestSupport
import Testing

@testable import Linux

@Suite struct FileTests {
    private let files = LinuxFiles()
    private func secret(_ text: String) -> SecretBox { SecretBox(SecretBytes(copying: Bytes(utf8: text))) }

    private func count(of secret: consuming SecretBytes?) -> Int? {
        switch consume secret {
        case .some(let secret): secret.count
        case nil: nil
        }
    }

    @Test func `a file is replaced as a whole, with its mode, and nothing is left beside it`() throws {
        let scratch = TemporaryFolder()
        try files.replace(scratch["f"], with: Bytes(utf8: "one, which is longer"), mode: 0o600)
        try files.replace(scratch["f"], with: Bytes(utf8: "two"), mode: 0o640)
        #expect(try files.read(scratch["f"], limit: 3).text == "two")
        #expect(try files.status(scratch["f"])?.mode == 0o640)
        #expect(try files.list(scratch.path) == ["f"])
        #expect {
            _ = try files.read(scratch["f"], limit: 2)
        } throws: {
            ($0 as? SystemError)?.code == EFBIG
        }
        // The last step fails: a directory can't be replaced by a file.
        try files.makeDirectory(scratch["d"], mode: 0o700)
        #expect(throws: SystemError.self) { try files.replace(scratch["d"], with: Bytes(utf8: "x"), mode: 0o600) }
        #expect(try files.list(scratch.path) == ["d", "f"])
    }

    @Test func `a mode is never set through a link`() throws {
        let scratch = TemporaryFolder()
        try files.replace(scratch["f"], with: Bytes(utf8: "x"), mode: 0o600)
        #expect(unsafe symlink(scratch["f"], scratch["l"]) == 0)
        #expect(throws: SystemError.self) { try files.setMode(scratch["l"], 0o644) }
        #expect(try files.status(scratch["f"])?.mode == 0o600)
        try files.setMode(scratch["f"], 0o400)
        #expect(try files.status(scratch["f"])?.mode == 0o400)
    }

    @Test func `a lock has one owner, whose number it tells`() throws {
        let scratch = TemporaryFolder()
        let lock = try files.lock(scratch["lock"])
        let refusal = #expect(throws: SystemError.self) { _ = try files.lock(scratch["lock"]) }
        #expect(refusal?.code == EWOULDBLOCK && "\(refusal!)".contains("process \(getpid())"))
        withExtendedLifetime(lock) {}
    }

    @Test func `a lock ends with its owner`() throws {
        let scratch = TemporaryFolder()
        for _ in 0..<2 { _ = try files.lock(scratch["lock"]) }
    }

    @Test(.enabled(if: isRoot, needsRoot))
    func `a secret's file has its owner and mode, is never replaced, and is gone when wiped`() throws {
        let scratch = TemporaryFolder()
        try files.createSecret(scratch["s"], secret("hunter2"), mode: 0o440, uid: 1234, gid: 2345)
        let status = try files.status(scratch["s"])
        #expect(status?.uid == 1234 && status?.gid == 2345 && status?.mode == 0o440 && status?.size == 7)
        #expect {
            try files.createSecret(scratch["s"], secret("other"), mode: 0o440, uid: 0, gid: 0)
        } throws: {
            ($0 as? SystemError)?.code == EEXIST
        }
        let reader = unsafe open(scratch["s"], O_RDONLY | O_CLOEXEC)
        defer { close(reader) }
        try files.wipe(scratch["s"])
        #expect(try files.status(scratch["s"]) == nil)
        var content = [UInt8](repeating: 1, count: 7)
        let count = unsafe read(reader, &content, 7)
        // Who has it open still finds zeros.
        #expect(count == 7 && content == [UInt8](repeating: 0, count: 7))
    }

    @Test(.enabled(if: isRoot, needsRoot))
    func `the removal of a tree stops at another file system`() throws {
        let scratch = TemporaryFolder()
        try files.makeDirectory(scratch["m"], mode: 0o700)
        try #require(unsafe mount("tmpfs", scratch["m"], "tmpfs", 0, nil) == 0)
        defer { unsafe umount(scratch["m"]) }
        try files.replace(scratch["m/f"], with: Bytes(utf8: "x"), mode: 0o600)
        #expect(throws: SystemError.self) { try files.removeTree(scratch.path) }
        #expect(try files.read(scratch["m/f"], limit: 1).text == "x")
    }

    @Test func `a secret is read whole up to its limit, from a file or a pipe`() throws {
        let scratch = TemporaryFolder()
        try files.replace(scratch["s"], with: Bytes(utf8: "hunter2"), mode: 0o600)
        #expect(count(of: try SecretInput.read(path: scratch["s"], limit: 7)) == 7)
        #expect {
            _ = try SecretInput.read(path: scratch["s"], limit: 6)
        } throws: {
            ($0 as? SystemError)?.code == EFBIG
        }
        #expect(count(of: try SecretInput.read(path: "/dev/null", limit: 6)) == nil)
        let pipe = try Loop().openPipe()
        try StandardOutput.write(Bytes(utf8: "abc"), to: pipe.write)
        close(pipe.write)
        #expect(count(of: try SecretInput.read(pipe.read, limit: 3)) == 3)
        close(pipe.read)
    }
}

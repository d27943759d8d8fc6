import Bytes
import Glibc
import Linux
import Seams
import TestSupport
import Testing

/// What a read file leaves in this process's memory.
@Suite struct FileMemoryTests {
    // In a process of its own: other tests have secrets of their own.
    @Test func `what was read of a file is nowhere once its reader has wiped it`() async {
        await #expect(processExitsWith: .success) {
            let files = LinuxFiles()
            let folder = TemporaryFolder()
            // The first round binds what is called, which may leave registers on the stack.
            for round in 1...2 {
                let canary = MaskedCanary()
                try files.createSecret(folder["\(round)"], canary.secret, mode: 0o600, uid: getuid(), gid: getgid())
                let read = try files.read(folder["\(round)"], limit: MaskedCanary.byteCount)
                let held = try canary.count()
                read.wipe()
                let left = try canary.count()
                if round == 2 {
                    #expect(held.elsewhere == 1 && held.locked == 0)
                    #expect(left.elsewhere == 0 && left.locked == 0)
                }
            }
        }
    }
}

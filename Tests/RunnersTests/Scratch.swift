import Bytes
import Glibc
import Linux
import Model
import Seams
import TestSupport

@testable import Runners

/// A folder of the test's own below `/var/tmp`: `/tmp` is private in a sandbox, and would hide what it must not.
final class Scratch {
    private let temporary = TemporaryFolder("runners", below: "/var/tmp")
    var path: String { temporary.path }

    init() { unsafe chmod(path, 0o755) }

    func folder(_ name: String, mode: mode_t = 0o700) -> String {
        unsafe mkdir("\(path)/\(name)", mode)
        unsafe chmod("\(path)/\(name)", mode)
        return "\(path)/\(name)"
    }

    func write(_ name: String, _ text: String, mode: mode_t = 0o600) {
        try! SmallFile.replace("\(path)/\(name)", Array(text.utf8), mode: mode)
    }

    deinit {
        // Before the folder goes: deepest first.
        for mount in (MountTable.current()?.mounts ?? []).reversed() where mount.point.hasPrefix(path + "/") {
            _ = unsafe umount2(mount.point, 2)
        }
    }
}

func secret(_ text: String) -> TaskFile.Content {
    .secret(SecretBox(SecretBytes(copying: Bytes(utf8: text))))
}

func text(_ path: String) -> String? { SmallFile.text(path) }

func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

/// Opens `path`, or stops the test's process.
func opened(_ path: String, _ flags: Int32) -> Int32 {
    let file = unsafe open(path, flags, 0o600)
    precondition(file >= 0, "cannot open \(path)")
    return file
}

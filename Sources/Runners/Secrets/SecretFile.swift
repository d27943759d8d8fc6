import Bytes

/// One file that a task is given: a secret's version or a config, at a path of its folder.
package struct SecretFile: Sendable {
    /// What the file holds. A secret's value stays in locked memory until the kernel copies it into the file.
    package enum Content: Sendable {
        case secret(SecretBox)
        case config(Bytes)
    }

    /// Below `/run/secrets` or `/run/configs`: `NAME` or `sub/dir/NAME`; normalised, at most 1024 bytes.
    package var path: String
    package var content: Content
    /// The owner, by number, as inside the task.
    package var uid: UInt32
    package var gid: UInt32
    /// Permission bits, such as 0o400; at most 0o777.
    package var mode: UInt32

    package init(path: String, content: Content, uid: UInt32, gid: UInt32, mode: UInt32) {
        self.path = path
        self.content = content
        self.uid = uid
        self.gid = gid
        self.mode = mode
    }

    package var count: Int {
        switch content {
        case .secret(let box): box.count
        case .config(let bytes): bytes.count
        }
    }

    func borrow<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        switch content {
        case .secret(let box): unsafe box.borrow(body)
        case .config(let bytes): unsafe bytes.withUnsafeBytes(body)
        }
    }

    /// The folders and the name that the path is made of.
    ///
    /// - Throws: `RunnerError.refused` for a path that leaves its folder, is absolute or not normalised, or whose
    ///   first component could be taken for a generation (`..data`).
    func components() throws(RunnerError) -> [String] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard path.utf8.count <= 1024, parts.count <= 8, !path.utf8.contains(0) else {
            throw .refused("the target path is too long or too deep")
        }
        for part in parts where part.isEmpty || part == "." || part.hasPrefix("..") || part.utf8.count > 240 {
            throw .refused("the target path \(path) is not a plain path below its folder")
        }
        return parts
    }
}

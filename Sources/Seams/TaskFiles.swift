import Bytes
import Model

/// One file that a task is given in memory: a secret's version or a config, at a path of its folder.
package struct TaskFile: Sendable {
    /// What the file holds. A secret's value stays in locked memory until the kernel copies it into the file.
    package enum Content: Sendable {
        case secret(SecretBox)
        case config(Bytes)
    }

    /// Below the task's folder of secrets or of configs: `NAME` or `sub/dir/NAME`; normalised, at most 1024 bytes.
    package var path: String

    /// Where below that folder the files are whose target is an absolute path elsewhere.
    package static let absoluteFolder = ".root"

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

    /// In bytes.
    package var count: Int {
        switch content {
        case .secret(let box): box.count
        case .config(let bytes): bytes.count
        }
    }
}

/// Where a task's files are on the host.
package struct TaskFolders: Equatable, Sendable {
    package var secrets: String
    package var configs: String

    package init(secrets: String, configs: String) {
        self.secrets = secrets
        self.configs = configs
    }
}

/// The files of this node's tasks, each task's in a file system in memory of its own.
///
/// Synchronous, on the loop's thread: each call is a few system calls on memory.
package protocol TaskFiles: AnyObject {
    /// The best that this host can do; found out once, at the start. Unspecified: nothing can be mounted.
    var protection: Protection { get }
    /// Mounts the task's file system and writes `files` as its first generation. Whatever a failure leaves,
    /// `wipe` takes away.
    ///
    /// - Parameter required: whether memory that may be swapped out is refused.
    func prepare(_ task: TaskID, _ files: [TaskFile], required: Bool) throws(SystemError) -> TaskFolders
    /// Takes over what an earlier process of this node mounted; `nil`: there is nothing.
    func adopt(_ task: TaskID) -> TaskFolders?
    /// Shows all of `files` in place of what the task saw; its secrets change as one.
    ///
    /// - Throws: `ENOSPC` when there is no room beside older generations: again some seconds later.
    func publish(_ task: TaskID, _ files: [TaskFile]) throws(SystemError)
    /// Of the memory that the task's files are in; unspecified: it has none.
    func protection(of task: TaskID) -> Protection
    /// Overwrites and unmounts; nothing of the task may be alive. Without effect when there is nothing.
    func wipe(_ task: TaskID)
    /// Wipes what is mounted for any other task than these.
    func sweep(keeping tasks: [TaskID])
}

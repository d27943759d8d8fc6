import Bytes

/// What a path names.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case file, directory, link, socket, other }
    package var kind: Kind
    /// The twelve permission bits.
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    package var size: UInt64
    package init(kind: Kind, mode: UInt32, uid: UInt32, gid: UInt32, size: UInt64) {
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
    }
}

/// Files by path, synchronously, from any thread. Links are never followed at the last step but by `read`.
package protocol Files: AnyObject, Sendable {
    /// - Throws: `EFBIG` when the file is longer than `limit` bytes.
    func read(_ path: String, limit: Int) throws(SystemError) -> Bytes
    /// Replaces `path` as a whole: temporary file, sync, rename, sync of the directory. A crash leaves old or new.
    func replace(_ path: String, with content: Bytes, mode: UInt32) throws(SystemError)
    /// Makes `path`, which must not exist, owned by `owner`, with a secret in it. Not synchronised: for memory.
    func createSecret(_ path: String, _ content: SecretBox, mode: UInt32, uid: UInt32, gid: UInt32)
        throws(SystemError)
    /// Overwrites the content with zeros in place, then removes it.
    func wipe(_ path: String) throws(SystemError)
    /// Makes a directory whose parent exists, with exactly `mode`; `EEXIST` when there is something.
    func makeDirectory(_ path: String, mode: UInt32) throws(SystemError)
    /// Names in a directory but `.` and `..`, sorted.
    func list(_ path: String) throws(SystemError) -> [String]
    /// `nil`: nothing there.
    func status(_ path: String) throws(SystemError) -> FileStatus?
    /// Removes a file, link, socket or empty directory; `false`: nothing was there.
    @discardableResult func remove(_ path: String) throws(SystemError) -> Bool
    /// Removes a directory and all below it, without crossing into another file system.
    func removeTree(_ path: String) throws(SystemError)
    func rename(_ from: String, to: String) throws(SystemError)
    func syncDirectory(_ path: String) throws(SystemError)
    /// Opens for reading and writing. `create`: makes it, 0600, when it is absent.
    func open(_ path: String, create: Bool) throws(SystemError) -> any OpenFile
    /// Takes the lock file for the life of the result and writes this process's number into it.
    ///
    /// - Throws: `EWOULDBLOCK` with the owner's number in the detail.
    func lock(_ path: String) throws(SystemError) -> any FileLock
}

/// An open file with positioned reads and writes; from one thread at a time. Closed when released.
package protocol OpenFile: AnyObject, Sendable {
    func size() throws(SystemError) -> UInt64
    /// Up to `count` bytes; fewer only at the end.
    func read(at offset: UInt64, count: Int) throws(SystemError) -> Bytes
    /// Writes all of `pieces`, one after the other.
    func write(_ pieces: [Bytes], at offset: UInt64) throws(SystemError)
    /// `fdatasync`. After a failure the file's content is unknown: the owner stops.
    func sync() throws(SystemError)
    /// Closes now; nothing may be called after it.
    func close()
}

/// Held for as long as the object lives.
package protocol FileLock: AnyObject, Sendable {}

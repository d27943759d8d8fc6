import Bytes

/// One flat folder of files, as the log's writer thread uses it: every call returns when it is done.
///
/// What is written counts as stored only after `sync`; what is created, renamed or removed only after
/// `syncFolder`. The driver implements it over the system's calls and keeps files open between calls, the
/// simulator over a disk that loses, reorders and refuses. Names are those of `proto/README.md`, "Storage".
package protocol SegmentFiles: AnyObject {
    /// The names in the folder, sorted.
    func list() throws(FileError) -> [String]
    /// How many bytes the file has.
    func size(_ name: String) throws(FileError) -> Int
    /// Makes the file, which must not exist, of `bytes` written zeros: its later writes need no new space.
    func create(_ name: String, bytes: Int) throws(FileError)
    /// Reads up to `count` bytes from `offset`: fewer only at the file's end.
    func read(_ name: String, at offset: Int, count: Int) throws(FileError) -> Bytes
    /// Writes all of `data` at `offset`; the file grows where needed.
    func write(_ name: String, at offset: Int, _ data: UnsafeRawBufferPointer) throws(FileError)
    /// Waits until all that was written to the file is stored, with its size.
    func sync(_ name: String) throws(FileError)
    /// Gives the file another name; what had that name is gone.
    func rename(_ name: String, to other: String) throws(FileError)
    func remove(_ name: String) throws(FileError)
    /// Waits until the folder's names are stored.
    func syncFolder() throws(FileError)
}

/// What a folder answers when it can't do what it is asked.
package enum FileError: Error, Equatable {
    /// No space (`ENOSPC`, `EDQUOT`).
    case full
    /// There is no file of that name.
    case missing
    /// Another error number of the system.
    case failed(code: Int32)
}

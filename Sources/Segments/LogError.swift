/// Why a log, a snapshot or their folder can't be used. Names files and places, never content.
package enum LogError: Error, Equatable {
    /// No space for entries. Weather: nothing of the batch was written, hard states still can be, try again later.
    case full
    /// The system failed at the file. Fatal: what was written may be lost without a further sign, so the process
    /// ends and recovers; nothing is tried again.
    case failed(file: String, code: Int32)
    /// Bytes that were once synchronised are bad. Nothing is repaired: the member rejoins as a new one.
    case corrupt(file: String, offset: Int)
    /// Bytes are whole but were not sealed here, or not for this place.
    case forged(file: String, offset: Int)
    /// The key of that number is not the one the file was sealed under.
    case wrongKey(file: String, keyID: UInt32)
    /// The keyring has no key of that number.
    case unknownKey(file: String, keyID: UInt32)
    /// A newer version of this program wrote the file.
    case newer(file: String, version: UInt32)
    /// The file belongs to another cluster, member or incarnation.
    case foreign(file: String)
    /// A file that the others speak of is gone.
    case missing(file: String)

    init(_ error: FileError, _ file: String) {
        self =
            switch error {
            case .full: .full
            case .missing: .missing(file: file)
            case .failed(let code): .failed(file: file, code: code)
            }
    }
}

/// Runs `body`, which works on `file`, with its failure in this module's words.
func at<R>(_ file: String, _ body: () throws(FileError) -> R) throws(LogError) -> R {
    do throws(FileError) { return try body() } catch { throw LogError(error, file) }
}

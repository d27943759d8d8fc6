import Model
import Wire

/// Why the store can't go on. Unlike a refused command (`Outcome.failure`), this stops the member.
package enum StoreError: Error, Equatable {
    /// The entry needs a newer program; applying it would let the members diverge.
    case level(Index, needs: UInt32, has: UInt32)
    /// A committed command can't be read, or is one that this version does not know.
    case undecodable(Index, WireError?)
    /// A saved store can't be read.
    case saved(SavedFault)
}

/// What is wrong with a saved store.
package enum SavedFault: Error, Equatable {
    /// The format is newer than this program.
    case format(UInt32)
    /// A record is longer than any can be, or of no known kind, or out of order; `record` counts from 0.
    case malformed(record: Int)
    /// A record's message can't be decoded.
    case message(record: Int, WireError)
    /// An object breaks an invariant of the store, named as on the architecture page.
    case inconsistent(String)
    /// The stream ended early, or goes on after its end.
    case length
    /// The bytes are not those that were saved.
    case hash
}

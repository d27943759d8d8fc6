/// Why a message of the other end is refused. No more is told, for nobody may learn more.
package enum NoiseError: Error, Equatable {
    /// Changed, of another key, of another prologue, or out of turn.
    case forged
    /// A public key of small order.
    case weakKey
    /// Shorter or longer than any such message.
    case length
    /// The counter has no more values: 2⁶⁴ − 1 is reserved.
    case exhausted
}

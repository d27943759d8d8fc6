import Model
import Seams

/// The host's time, but a minute is over in a second: for what is given up after a while.
final class HurriedTime: Time {
    private let real: any Time
    private static let haste = 60

    init(_ real: any Time) { self.real = real }

    var now: Moment { Moment(milliseconds: real.now.rawValue * UInt64(Self.haste)) }
    var wallClock: Timestamp { real.wallClock }
    func after(_ delay: Duration, _ handler: @escaping () -> Void) -> any Timer {
        real.after(delay / Self.haste, handler)
    }
    func atEndOfTurn(_ handler: @escaping () -> Void) { real.atEndOfTurn(handler) }
    func random() -> UInt64 { real.random() }
}

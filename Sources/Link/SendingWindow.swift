import Bytes
import Model

/// What a stream may still send, and what it holds back until it may, in order.
///
/// Many small frames may wait here while their reader stands still: each of its calls costs the same however many.
struct SendingWindow: Sendable {
    typealias Queued = Multiplexer.Queued

    private(set) var credit: Int
    private var held: [Queued] = []
    /// Where the first that waits stands in `held`.
    private var head = 0
    /// Bytes of the bodies that wait.
    private(set) var heldBytes = 0

    init(credit: Int) { self.credit = credit }

    var isHolding: Bool { head < held.count }
    /// What waits, in order.
    var waiting: ArraySlice<Queued> { held[head...] }

    /// Whether `part`, whose type is streamed, may go at once; it is taken off the credit then.
    mutating func spends(_ part: Queued) -> Bool {
        guard !isHolding, credit > 0 else { return false }
        credit -= part.body.count
        return true
    }

    mutating func hold(_ part: Queued) {
        held.append(part)
        heldBytes += part.body.count
    }

    mutating func add(_ credit: Int) { self.credit += credit }

    /// The next one that may go now.
    mutating func next() -> Queued? {
        guard isHolding, credit > 0 else { return nil }
        let part = held[head]
        // What has gone is not kept until its place is used again.
        held[head].body = Bytes()
        head += 1
        heldBytes -= part.body.count
        if part.type.isStreamed { credit -= part.body.count }
        if head * 2 >= held.count {
            held.removeFirst(head)
            head = 0
        }
        return part
    }

    /// Gives up all that waits.
    mutating func drop(_ body: (Queued) -> Void) {
        for part in waiting { body(part) }
        held = []
        head = 0
        heldBytes = 0
    }
}

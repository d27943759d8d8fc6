/// What is going to happen, by time; things of the same moment in the order in which they were planned.
package struct Schedule<Event> {
    /// By time; `slot` is where the event waits, since an event may be large and is not moved about.
    private var heap: [(time: UInt64, order: UInt64, slot: Int)] = []
    private var slots: [Event?] = []
    private var free: [Int] = []
    private var planned: UInt64 = 0
    package private(set) var now: UInt64 = 0

    package init() {}

    package mutating func plan(at time: UInt64, _ event: Event) {
        let slot: Int
        if let used = free.popLast() {
            slot = used
            slots[slot] = event
        } else {
            slot = slots.count
            slots.append(event)
        }
        heap.append((max(time, now), planned, slot))
        planned += 1
        var child = heap.count - 1
        while child > 0, precedes(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    package mutating func next() -> Event? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
                    least = child
                }
                if least == parent { break }
                heap.swapAt(parent, least)
                parent = least
            }
        }
        now = first.time
        free.append(first.slot)
        return slots[first.slot].take()
    }

    private func precedes(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
    }
}

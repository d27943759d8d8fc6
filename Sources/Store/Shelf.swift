/// An ordered map whose copies share what neither changed.
///
/// Sorted leaves of at most `leafCapacity` pairs; values are boxed. After a copy was taken, the first change copies
/// the list of leaves (one pointer a leaf), and each change the one leaf that it touches: so a snapshot of millions
/// of objects costs nothing to take, and little to keep while the store is written. Order is that of the keys.
package struct Shelf<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    final class Box: Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    struct Pair: Sendable {
        let key: Key
        var box: Box
    }

    static var leafCapacity: Int { 64 }

    /// None is empty; keys ascend within and across leaves.
    private(set) var leaves: [[Pair]] = []
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The leaf that holds `key` or would, and the place in it.
    private func place(of key: Key) -> (leaf: Int, at: Int, found: Bool) {
        var low = 0
        var high = leaves.count
        while low < high {
            let middle = (low + high) / 2
            if leaves[middle][0].key <= key { low = middle + 1 } else { high = middle }
        }
        let leaf = Swift.max(0, low - 1)
        guard leaf < leaves.count else { return (0, 0, false) }
        low = 0
        high = leaves[leaf].count
        while low < high {
            let middle = (low + high) / 2
            if leaves[leaf][middle].key < key { low = middle + 1 } else { high = middle }
        }
        return (leaf, low, low < leaves[leaf].count && leaves[leaf][low].key == key)
    }

    package subscript(key: Key) -> Value? {
        get {
            let place = place(of: key)
            return place.found ? leaves[place.leaf][place.at].box.value : nil
        }
        set {
            let place = place(of: key)
            switch (newValue, place.found) {
            case (let value?, true):
                leaves[place.leaf][place.at].box = Box(value)
            case (let value?, false):
                insert(Pair(key: key, box: Box(value)), leaf: place.leaf, at: place.at)
            case (nil, true):
                leaves[place.leaf].remove(at: place.at)
                if leaves[place.leaf].isEmpty { leaves.remove(at: place.leaf) }
                count -= 1
            case (nil, false):
                break
            }
        }
    }

    private mutating func insert(_ pair: Pair, leaf: Int, at: Int) {
        count += 1
        guard leaf < leaves.count else {
            leaves.append([pair])
            return
        }
        leaves[leaf].insert(pair, at: at)
        guard leaves[leaf].count > Self.leafCapacity else { return }
        // Ascending keys, as at load, leave full leaves behind.
        let cut = leaf == leaves.count - 1 && at == leaves[leaf].count - 1 ? at : leaves[leaf].count / 2
        let upper = Array(leaves[leaf][cut...])
        leaves[leaf].removeSubrange(cut...)
        leaves.insert(upper, at: leaf + 1)
    }

    /// The first pair whose key is at least `key`.
    package func first(from key: Key) -> (key: Key, value: Value)? {
        var (leaf, at, _) = place(of: key)
        guard leaf < leaves.count else { return nil }
        if at == leaves[leaf].count {
            leaf += 1
            at = 0
        }
        guard leaf < leaves.count else { return nil }
        return (leaves[leaf][at].key, leaves[leaf][at].box.value)
    }

    /// Calls `body` with each pair from `key` on, in order, while it returns true.
    package func scan(from key: Key, _ body: (Key, Value) -> Bool) {
        let start = place(of: key)
        var at = start.at
        for leaf in leaves.dropFirst(start.leaf) {
            for pair in leaf.dropFirst(at) where !body(pair.key, pair.box.value) { return }
            at = 0
        }
    }
}

extension Shelf: Sequence {
    package struct Iterator: IteratorProtocol {
        private let shelf: Shelf
        private var leaf = 0
        private var at = 0

        init(_ shelf: Shelf) { self.shelf = shelf }

        package mutating func next() -> (key: Key, value: Value)? {
            guard leaf < shelf.leaves.count else { return nil }
            let pair = shelf.leaves[leaf][at]
            at += 1
            if at == shelf.leaves[leaf].count {
                leaf += 1
                at = 0
            }
            return (pair.key, pair.box.value)
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }
    package var underestimatedCount: Int { count }

    /// All values, by key.
    package var values: [Value] { map(\.value) }
}

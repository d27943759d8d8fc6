import Model

/// The end of the log in memory, after a snapshot's place. Contiguous; terms never fall.
struct EntryLog {
    /// The place before the first entry held.
    private(set) var base = Index.zero
    private(set) var baseTerm = Term.zero
    private var entries: [Entry] = []
    /// Entries at the front of the array that are compacted away and not yet removed from it.
    private var dropped = 0
    private(set) var last = Index.zero
    private(set) var lastTerm = Term.zero

    init(base: Index, term: Term) {
        reset(base: base, term: term)
    }

    var first: Index { base.next }

    subscript(index: Index) -> Entry { entries[place(of: index)] }

    /// The weight of the entry at `index` if it is a command, else 0.
    func commandBytes(at index: Index) -> Int {
        let place = place(of: index)
        return entries[place].kind == .command ? entries[place].weight : 0
    }

    /// The term at `index`; `nil` outside of what is held.
    func term(at index: Index) -> Term? {
        if index == last { return lastTerm }
        if index == base { return baseTerm }
        guard index > base, index < last else { return nil }
        return entries[place(of: index)].term
    }

    /// Entries from `from`, at least one, until `bytes` are passed or `through` is reached.
    func slice(from: Index, through: Index, bytes: Int) -> (entries: [Entry], bytes: Int) {
        precondition(from >= first && through <= last && from <= through, "log slice \(from)…\(through)")
        let start = place(of: from)
        let limit = place(of: through) + 1
        var end = start
        var weight = 0
        while end < limit {
            let more = entries[end].weight
            if end > start, weight + more > bytes { break }
            weight += more
            end += 1
        }
        return (Array(entries[start..<end]), weight)
    }

    /// The largest index that is not past `index` and whose term is not past `term`.
    func hint(index: Index, term: Term) -> (Index, Term) {
        var place = min(index, last)
        while place > base {
            let held = self.term(at: place)!
            if held <= term { return (place, held) }
            place = place - 1
        }
        return place == base ? (base, baseTerm) : (place, .zero)
    }

    mutating func append(_ entry: Entry) {
        precondition(entry.index == last.next, "R9: entry \(entry.index) after \(last)")
        precondition(entry.term >= lastTerm, "R9: term \(entry.term) after \(lastTerm)")
        entries.append(entry)
        last = entry.index
        lastTerm = entry.term
    }

    mutating func truncate(after index: Index) {
        precondition(index >= base && index <= last, "log truncated to \(index), holds \(base)…\(last)")
        let term = term(at: index)!
        entries.removeLast(Int(last - index))
        last = index
        lastTerm = term
    }

    mutating func compact(through index: Index) {
        guard index > base else { return }
        let term = term(at: index)!
        dropped += Int(index - base)
        base = index
        baseTerm = term
        // Removed in halves, so that each entry is moved once on average.
        if dropped > entries.count / 2 {
            entries.removeFirst(dropped)
            dropped = 0
        }
    }

    mutating func reset(base: Index, term: Term) {
        entries.removeAll()
        dropped = 0
        self.base = base
        baseTerm = term
        last = base
        lastTerm = term
    }

    private func place(of index: Index) -> Int { dropped + Int(index - base) - 1 }
}

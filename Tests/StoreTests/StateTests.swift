import Bytes
import Model
import Testing

@testable import Store

@Suite struct StateTests {
    static func filled(_ count: Int = 300) -> Hand {
        var hand = Hand()
        for number in 0..<count {
            _ = hand.secret(
                "s\(number)", sealed: Bytes([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 100)))
        }
        _ = hand.config("c")
        _ = hand.service(hand.spec("web", [hand.reference("s1")]))
        hand.run(.changeTasks(ChangeTasks()), request: RequestID(high: 1, low: 1), digest: [4])
        return hand
    }

    @Test func `equal entries make equal stores and equal streams`() throws {
        let hand = Self.filled()
        var other = ReplicatedStore()
        for entry in hand.log { _ = try other.apply(entry) }
        #expect(other.stateHash == hand.store.stateHash)
        #expect(pieces(other) == pieces(hand.store))
    }

    @Test func `a loaded store is the saved one, in portions of any size`() throws {
        let hand = Self.filled()
        let saved = stream(pieces(hand.store))
        for size in [7, 4096, saved.count] {
            var loader = StoreLoader()
            for start in stride(from: 0, to: saved.count, by: size) {
                try loader.take(Bytes(saved[start..<min(saved.count, start + size)]))
            }
            var loaded = try loader.finish()
            #expect(stream(pieces(loaded)) == saved)
            #expect(loaded.stateHash == hand.store.stateHash)
            #expect(loaded.weight == hand.store.weight)
            let secret = try loaded.findSecret("s1").id
            #expect(loaded.users(of: secret) == ["web"])
            _ = try loaded.apply(Entry(term: Term(1), index: loaded.index.next, kind: .opening))
        }
    }

    @Test func `a snapshot does not see what is written after it`() {
        var hand = Self.filled()
        let expected = pieces(hand.store)
        var snapshot = hand.store.snapshot()
        var seen: [SavedPiece] = []
        var number = 0
        while let piece = snapshot.next() {
            seen.append(piece)
            number += 1
            if number < 40 { _ = hand.secret("later\(number)") }
        }
        #expect(seen == expected)
    }

    @Test func `values are raw pieces and nothing else is`() {
        let pieces = pieces(Self.filled(3).store)
        #expect(pieces.filter(\.isRaw).count == 3)
        #expect(pieces.filter(\.isRaw).allSatisfy { $0.bytes.count == 108 })
    }

    @Test func `no damaged stream is loaded`() {
        let saved = stream(pieces(Self.filled(3).store))
        func load(_ bytes: [UInt8]) -> Bool {
            var loader = StoreLoader()
            do throws(StoreError) {
                try loader.take(Bytes(bytes))
                _ = try loader.finish()
                return true
            } catch { return false }
        }
        #expect(load(saved))
        for end in stride(from: 0, to: saved.count, by: 3) { #expect(!load(Array(saved[..<end]))) }
        for place in stride(from: 0, to: saved.count, by: 5) {
            var damaged = saved
            damaged[place] ^= 1
            #expect(!load(damaged))
        }
        #expect(!load(saved + [0]))
    }

    @Test func `a request is executed once`() {
        var hand = Hand()
        let id = RequestID(high: 2, low: 2)
        var command = CreateSecret()
        command.id = SecretID(high: 1, low: 1)
        var spec = SecretSpec()
        spec.name = "db"
        command.spec = spec
        let first = hand.run(.createSecret(command), sealed: [1], request: id, digest: [1])
        #expect(first.failure == nil)
        #expect(hand.run(.createSecret(command), sealed: [1], request: id, digest: [1]) == first)
        #expect(hand.run(.createSecret(command), sealed: [1], request: id, digest: [2]).failure?.code == .conflict)
    }

    @Test func `an old request of which nothing is known is not executed`() {
        var hand = Hand()
        hand.store.requests = RequestMemory(capacity: 4)
        for number in 1...3000 as ClosedRange<UInt64> {
            hand.run(
                .changeTasks(ChangeTasks()), request: RequestID(high: 3, low: number), known: hand.store.index)
        }
        let forgotten = hand.store.requests.forgotten
        #expect(forgotten == Index(2997))
        #expect(hand.store.requests.count == 4)
        let failure = hand.run(
            .changeTasks(ChangeTasks()), request: RequestID(high: 3, low: 5), known: Index(5)
        ).failure
        #expect(failure?.code == .unknownOutcome)
        #expect(
            hand.run(.changeTasks(ChangeTasks()), request: RequestID(high: 4, low: 1), known: hand.store.index)
                .failure == nil)
    }

    @Test func `a newer entry and an unknown command stop the member`() {
        var hand = Hand()
        let entry = Entry(term: Term(1), index: Index(2), minLevel: 2)
        #expect(throws: StoreError.level(Index(2), needs: 2, has: 1)) { try hand.store.apply(entry) }
        #expect(throws: StoreError.undecodable(Index(2), nil)) {
            try hand.store.apply(Entry(term: Term(1), index: Index(2)))
        }
        #expect(hand.store.index == Index(1))
    }

    @Test func `watchers see the changes since an index, or that they must list`() {
        var hand = Hand()
        _ = hand.secret("a")
        let index = hand.store.index
        _ = hand.secret("b")
        _ = hand.removeSecret("a")
        #expect(hand.store.changes(after: index)?.map(\.action) == [.created, .removed])
        #expect(hand.store.changes(after: hand.store.index) == [])
        for _ in 0..<StoreLimits.watchedChanges {
            hand.store.watched.append([Change(index: Index(9), object: .cluster, action: .updated)])
        }
        #expect(hand.store.changes(after: index) == nil)
    }

    @Test func `a change says what its object was, also when it is gone`() {
        var hand = Hand()
        _ = hand.secret("a")
        _ = hand.removeSecret("a")
        let past = hand.store.changes(since: Timestamp(rawValue: 1))
        #expect(past.isWhole)
        let secrets = past.changes.filter { $0.object.kind == .secret }
        #expect(secrets.map(\.action) == [.created, .removed])
        #expect(secrets.allSatisfy { $0.name == "a" && $0.time > .zero })
        let last = secrets.last?.time ?? .zero
        #expect(hand.store.changes(since: last).changes.first?.time == last)
        for _ in 0..<StoreLimits.watchedChanges {
            hand.store.watched.append([Change(index: Index(9), object: .cluster, action: .updated, time: last)])
        }
        #expect(!hand.store.changes(since: last).isWhole)
    }

    @Test func `a shelf keeps order and its copies keep what they had`() {
        var generator = SystemRandomNumberGenerator()
        var shelf = Shelf<UInt64, Int>()
        var model: [UInt64: Int] = [:]
        for step in 0..<5000 {
            let key = UInt64.random(in: 0..<700, using: &generator)
            let value = step % 3 == 0 ? nil : step
            shelf[key] = value
            model[key] = value
        }
        let copy = shelf
        let before = model.sorted { $0.key < $1.key }
        #expect(shelf.map(\.key) == before.map(\.key))
        #expect(shelf.map(\.value) == before.map(\.value))
        #expect(shelf.count == model.count)
        for key in 0..<700 as Range<UInt64> { shelf[key] = nil }
        #expect(shelf.isEmpty && Array(shelf).isEmpty)
        #expect(copy.map(\.value) == before.map(\.value))
    }
}

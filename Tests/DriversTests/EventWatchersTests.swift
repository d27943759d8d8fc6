import Bytes
import Link
import Linux
import Model
import Seams
import Store
import Testing
import Wire

@testable import Drivers

/// Events as one manager tells them to several clients.
@Suite struct EventWatchersTests {
    private let bench: ManagerBench

    init() throws { bench = try ManagerBench() }

    private func watch(since: Timestamp = .zero, until: Timestamp = .zero, isUnread: Bool = false) -> TestPort {
        let client = TestPort()
        client.isUnread = isUnread
        var watch = WatchEvents()
        watch.since = since
        watch.until = until
        var request = Request()
        var generator = SystemRandomNumberGenerator()
        request.id = RequestID(random: &generator)
        request.stale = true
        request.operation = .watchEvents(watch)
        bench.manager.requests.take(request, from: client, stream: 1, bench.manager)
        return client
    }

    private func lists(_ client: TestPort) -> [EventList] {
        client.sent.compactMap { sent in
            // What is decoded is wiped.
            let copy = Bytes(sent.body.map { $0 })
            guard case .events(let list)? = (try? Reply.decode(wiping: copy))?.result else { return nil }
            return list
        }
    }

    private func names(_ client: TestPort) -> [String] {
        lists(client).flatMap(\.events).filter { $0.type == "config" }.map(\.name)
    }

    private func change(_ name: String, at time: Timestamp? = nil) throws {
        var create = CreateConfig()
        create.id = ConfigID(high: 4, low: UInt64(name.utf8.reduce(0) { $0 * 31 + Int($1) }))
        create.spec = ConfigSpec()
        create.spec?.name = name
        create.data = [1]
        try bench.commit(.createConfig(create), at: time)
    }

    @Test func `who does not read keeps no other watcher waiting, and is told what it missed once it does`() throws {
        let (still, live) = (watch(), watch())
        bench.turn()
        still.isUnread = true
        try change("first")
        bench.turn()
        #expect(names(live) == ["first"] && names(still) == [])
        // Nothing but the turn itself is waited for.
        try change("second")
        bench.turn()
        #expect(names(live) == ["first", "second"])
        still.isUnread = false
        let isTold = bench.wait { names(still) == ["first", "second"] }
        #expect(isTold && lists(still).allSatisfy { !$0.missed })
    }

    @Test func `who was away for longer than is remembered is told so at once`() throws {
        let still = watch()
        bench.turn()
        still.isUnread = true
        let node = try #require(bench.manager.ownRow)
        var observation = NodeObservation()
        observation.id = node.id
        observation.status = NodeStatus()
        observation.status?.state = .ready
        for round in 0...(StoreLimits.watchedChanges / 64) {
            var command = ObserveNodes()
            for place in 0..<64 {
                observation.status?.since = Timestamp(rawValue: UInt64(round * 64 + place + 1))
                command.nodes.append(observation)
            }
            try bench.commit(.observeNodes(command))
        }
        #expect(lists(still).count == 1)
        still.isUnread = false
        let isTold = bench.wait { lists(still).count == 2 }
        #expect(isTold && lists(still).last?.missed == true && lists(still).last?.events.isEmpty == true)
    }

    @Test func `an event from after the end is the end, whatever this manager's clock says`() throws {
        let end = bench.linux.time.wallClock.rawValue + 3_600_000_000_000
        let client = watch(until: Timestamp(rawValue: end))
        try change("before")
        try change("after", at: Timestamp(rawValue: end + 1))
        let hasEnded = bench.wait { client.sent.last?.flags.contains(.end) == true }
        #expect(hasEnded && names(client) == ["before"])
    }

    @Test func `all that there was is told before the end, however late that can be`() throws {
        for number in 0..<20 { try change("c\(number)") }
        let slow = watch(since: Timestamp(rawValue: 1), until: bench.linux.time.wallClock, isUnread: true)
        bench.turn()
        #expect(slow.sent.allSatisfy { !$0.flags.contains(.end) })
        slow.isUnread = false
        let hasEnded = bench.wait { slow.sent.last?.flags.contains(.end) == true }
        #expect(hasEnded && names(slow) == (0..<20).map { "c\($0)" })
    }
}

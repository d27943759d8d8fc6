import Bytes
import Linux
import Logging
import Model
import Seams
import Segments
import TestSupport
import Testing

@testable import Drivers

@Suite struct MemberTests {
    /// A member that the others have not brought in: it waits to be led.
    private static func waiting(_ linux: LinuxEnvironment, in folder: TemporaryFolder) throws -> Member {
        for name in ["log", "snapshots"] { try linux.files.makeDirectory(folder[name], mode: 0o700) }
        let identity = LogIdentity(
            cluster: ClusterID(high: 1, low: 1), member: MemberID(2), incarnation: Incarnation(high: 1, low: 2))
        return try Member.open(
            environment: linux, logger: Logger(level: .error) { _ in }, identity: identity,
            keys: LogKeys([LogKey(id: 1, secret: MaskedCanary().secret)]), stateDirectory: folder.path,
            founding: Configuration(voters: [MemberID(1)]))
    }

    @Test func `a snapshot that comes in crumbs is refused, and the member goes on`() throws {
        let linux = LinuxEnvironment()
        let folder = TemporaryFolder("member")
        let member = try Self.waiting(linux, in: folder)
        var offer = SnapshotOffer()
        offer.term = Term(1)
        offer.mark = SnapshotMark(
            index: Index(5), term: Term(1), configuration: Configuration(voters: [MemberID(1)]))
        member.receive(offer, from: MemberID(1))
        let count = Member.snapshotsBound + 1
        var consumed = 0
        for _ in 0..<count { member.receive(SnapshotChunk(), from: MemberID(1)) { consumed += 1 } }
        #expect(linux.loop.run(until: { consumed == count }))
        var isStopped = false
        member.stop { isStopped = true }
        #expect(linux.loop.run(until: { isStopped }))
    }
}

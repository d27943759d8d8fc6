import Model
import Testing

@testable import Runners

struct TaskUsersTests {
    @Test func `two services never share a user, and one keeps its own`() {
        var taken: [UInt32: ServiceID] = [:]
        for number in 0..<4 as Range<UInt64> {
            let service = ServiceID(high: 4, low: 4 * number)
            let uid = TaskUsers.uid(for: service, in: 100...103, taken: taken)!
            #expect(taken[uid] == nil)
            taken[uid] = service
            #expect(TaskUsers.uid(for: service, in: 100...103, taken: taken) == uid)
        }
        #expect(TaskUsers.uid(for: ServiceID(high: 9, low: 9), in: 100...103, taken: taken) == nil)
    }

    @Test func `a user is a number or a name of this host`() throws {
        #expect(try TaskUsers.resolve("5") == (5, 5))
        #expect(try TaskUsers.resolve("5:6") == (5, 6))
        #expect(try TaskUsers.resolve("root") == (0, 0))
        #expect(try TaskUsers.resolve("root:7") == (0, 7))
        for wrong in ["", "no-such-user", "-1", "4294967295", "5:", "5:no-such-group", "99999999999"] {
            #expect(throws: RunnerError.self) { try TaskUsers.resolve(wrong) }
        }
    }
}

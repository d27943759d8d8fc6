import Model
import Testing

@testable import conclave

@Test func `a task says what it waits for, when it is tried again, and that its node is gone`() {
    func reason(_ state: TaskState, error: String = "", after seconds: UInt64 = 0, message: String = "") -> String {
        var task = StoredTask()
        task.desired = state == .pending ? .running : .shutdown
        task.startAfter = Timestamp(seconds: seconds)
        var status = TaskStatus()
        status.state = state
        status.error = error
        status.message = message
        return TaskListing.reason(task, status, now: 1_000_500_000_000)
    }
    #expect(reason(.pending, error: "no suitable node", after: 1010) == "no suitable node")
    #expect(reason(.pending, after: 1010) == "next try in 10s")
    #expect(reason(.pending, after: 1000) == "")
    #expect(reason(.failed, error: "exit code 1", after: 1010) == "exit code 1")
    #expect(reason(.orphaned, message: "node is down") == "node is down")
    #expect(reason(.shutdown, message: "shutdown") == "")
}

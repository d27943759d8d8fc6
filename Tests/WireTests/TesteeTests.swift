import Bytes
import Conformance
import Testing
import Wire

/// What the program under test says to what is no case of ours.
@Suite struct TesteeTests {
    private let name = TestAllTypesProto3.messageName

    @Test func `another format and another message are skipped`() throws {
        let runner = try FakeRunner()
        defer { runner.end() }
        let foreign: [ConformanceRequest] = [
            .init(about: name, .json("{}")), .init(about: name, .text("")), .init(about: name, .jspb("")),
            .init(about: name, .protobuf(Bytes()), as: 2), .init(about: "other.Message", .protobuf(Bytes())),
        ]
        for request in foreign {
            guard case .skipped = try runner.ask(request) else {
                Issue.record("\(request) was not skipped")
                continue
            }
        }
        #expect(try runner.finish() == 0)
    }

    @Test func `a request that can't be read is a failure of its own, and the next one is answered`() throws {
        let runner = try FakeRunner()
        defer { runner.end() }
        guard case .runtimeError = try runner.ask([0xff]) else {
            Issue.record("a request of nonsense was understood")
            return
        }
        #expect(try runner.ask(.init(about: name, .protobuf([8, 1]))) == .protobuf([8, 1]))
        #expect(try runner.finish() == 0)
    }

    @Test func `input that ends inside a request is a failure`() throws {
        let runner = try FakeRunner()
        defer { runner.end() }
        try runner.breakOff()
        #expect(try runner.finish() == 1)
    }
}

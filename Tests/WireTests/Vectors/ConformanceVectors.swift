import Bytes
import Conformance
import TestSupport
import Testing
import Wire

@Suite(.enabled(if: ConformanceFiles.folder.isExpected, "no folder of cases: set CONCLAVE_PROTOBUF_CONFORMANCE"))
struct ConformanceVectors {
    @Test func `every case of the public suite is decoded and encoded again, or refused`() throws {
        let cases = try ConformanceFiles.cases()
        #expect(!cases.isEmpty)
        for each in cases {
            let input = Bytes(try #require(Hex.bytes(each.hex), "\(each.name)"))
            let answer = (try? TestAllTypesProto3.decode(input)).map { Hex.text($0.encoded()) }
            #expect(answer ?? "reject" == each.expect, "\(each.name)")
        }
    }

    @Test func `the message under test has the fields that the suite declares`() throws {
        let types: [any Message.Type] = [
            TestAllTypesProto3.self, TestAllTypesProto3.NestedMessage.self, ForeignMessage.self, DoubleValue.self,
            FloatValue.self, Int64Value.self, UInt64Value.self, Int32Value.self, UInt32Value.self, BoolValue.self,
            StringValue.self, BytesValue.self, Duration.self, Timestamp.self, FieldMask.self, AnyMessage.self,
            Structure.self, ListValue.self, Value.self,
        ]
        let declared = try ConformanceFiles.schema()
        for type in types {
            let schema = MessageSchema(type)
            let lines = declared.lines(schema.name)
            #expect(!lines.isEmpty, "\(schema.name)")
            #expect(schema.fields.map(\.description) == lines, "\(schema.name)")
            #expect(schema.unknown == .kept, "\(schema.name)")
        }
    }

    @Test func `the program under test answers every case through its pipes`() throws {
        let runner = try FakeRunner()
        defer { runner.end() }
        #expect(try runner.ask(.init(about: "conformance.FailureSet", .protobuf(Bytes()))) == .protobuf(Bytes()))
        for each in try ConformanceFiles.cases() {
            let input = Bytes(try #require(Hex.bytes(each.hex)))
            let answer = try runner.ask(.init(about: TestAllTypesProto3.messageName, .protobuf(input)))
            if case .parseError = answer {
                #expect(each.expect == "reject", "\(each.name)")
            } else {
                #expect(answer == Hex.bytes(each.expect).map { .protobuf(Bytes($0)) }, "\(each.name)")
            }
        }
        #expect(try runner.finish() == 0)
    }
}

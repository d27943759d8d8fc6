import Bytes
import Wire

// What the runner of the public conformance suite and a program under test say to each other: `conformance.proto`.

/// One case. `ConformanceRequest`.
package struct ConformanceRequest: Message {
    package var payload: Payload?
    /// A `WireFormat`: 1 is protobuf.
    package var outputFormat = Int32(0)
    /// The full name of the message in the payload.
    package var messageType = ""
    package var category = Int32(0)

    package static let protobuf: Int32 = 1

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        // The numbers of the payload lie around the others: the walk goes as if the lowest were all.
        try coder.oneof("payload", &payload)
        try coder.int32(3, "requested_output_format", &outputFormat)
        try coder.string(4, "message_type", &messageType)
        try coder.int32(5, "test_category", &category)
        coder.dropUnknown()
    }

    package enum Payload: OneOf {
        case protobuf(Bytes)
        case json(String)
        case jspb(String)
        case text(String)

        package static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
            try coder.bytes(1, "protobuf_payload", &value, Self.protobuf) {
                if case .protobuf(let payload) = $0 { payload } else { nil }
            }
            try coder.string(2, "json_payload", &value, Self.json) {
                if case .json(let payload) = $0 { payload } else { nil }
            }
            try coder.string(7, "jspb_payload", &value, Self.jspb) {
                if case .jspb(let payload) = $0 { payload } else { nil }
            }
            try coder.string(8, "text_payload", &value, Self.text) {
                if case .text(let payload) = $0 { payload } else { nil }
            }
        }
    }
}

/// The answer to one case. `ConformanceResponse`.
package struct ConformanceResponse: Message {
    package var result: Result?

    package init() {}

    package init(_ result: Result) { self.result = result }

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.oneof("result", &result)
        coder.dropUnknown()
    }

    package enum Result: OneOf {
        /// The payload can't be decoded, as it should be for some.
        case parseError(String)
        /// The program itself went wrong.
        case runtimeError(String)
        case protobuf(Bytes)
        case json(String)
        /// What is asked for is nothing that the program does.
        case skipped(String)
        case serializeError(String)

        package static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
            try coder.string(1, "parse_error", &value, Self.parseError) {
                if case .parseError(let payload) = $0 { payload } else { nil }
            }
            try coder.string(2, "runtime_error", &value, Self.runtimeError) {
                if case .runtimeError(let payload) = $0 { payload } else { nil }
            }
            try coder.bytes(3, "protobuf_payload", &value, Self.protobuf) {
                if case .protobuf(let payload) = $0 { payload } else { nil }
            }
            try coder.string(4, "json_payload", &value, Self.json) {
                if case .json(let payload) = $0 { payload } else { nil }
            }
            try coder.string(5, "skipped", &value, Self.skipped) {
                if case .skipped(let payload) = $0 { payload } else { nil }
            }
            try coder.string(6, "serialize_error", &value, Self.serializeError) {
                if case .serializeError(let payload) = $0 { payload } else { nil }
            }
        }
    }
}

extension ConformanceResponse {
    /// What this codec makes of a case.
    package init(to request: ConformanceRequest) {
        if request.messageType == "conformance.FailureSet" {
            // The runner asks for the list of cases that are known to fail: there are none.
            self.init(.protobuf(Bytes()))
        } else if case .protobuf(let payload) = request.payload, request.messageType == TestAllTypesProto3.messageName,
            request.outputFormat == ConformanceRequest.protobuf
        {
            do throws(WireError) {
                self.init(.protobuf(try TestAllTypesProto3.decode(payload).encoded()))
            } catch {
                self.init(.parseError("\(error)"))
            }
        } else {
            self.init(.skipped("only proto3 from binary to binary is done"))
        }
    }
}

import Bytes
import Conformance
import Foundation
import TestSupport
import Wire

/// The other end of `conformance-testee`'s pipes: what the public suite's runner does with a program under test.
struct FakeRunner {
    private let process = Process()
    private let requests = Pipe()
    private let responses = Pipe()

    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    init() throws {
        process.executableURL = Repository.program("conformance-testee")
        // As the official runner does.
        process.arguments = [process.executableURL?.path ?? ""]
        process.standardInput = requests
        process.standardOutput = responses
        try process.run()
    }

    func ask(_ request: ConformanceRequest) throws -> ConformanceResponse.Result? {
        try ask(request.encoded().array)
    }

    /// Sends any bytes as a request.
    func ask(_ body: [UInt8]) throws -> ConformanceResponse.Result? {
        let head = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) }
        try requests.fileHandleForWriting.write(contentsOf: Data(head + body))
        let count = try read(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        return try ConformanceResponse.decode(Bytes(try read(count))).result
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = try responses.fileHandleForReading.read(upToCount: count - bytes.count), !more.isEmpty
            else { throw Failed(description: "the program under test ended") }
            bytes += more
        }
        return bytes
    }

    /// Sends the first half of a request and no more.
    func breakOff() throws { try requests.fileHandleForWriting.write(contentsOf: Data([9, 0, 0, 0, 1])) }

    /// Ends the input; the exit code of the program.
    func finish() throws -> Int32 {
        try requests.fileHandleForWriting.close()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Whatever became of the test.
    func end() {
        if process.isRunning { process.terminate() }
    }
}

extension ConformanceRequest {
    init(about type: String, _ payload: Payload, as format: Int32 = ConformanceRequest.protobuf) {
        self.init()
        self.payload = payload
        outputFormat = format
        messageType = type
    }
}

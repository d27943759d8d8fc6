import Bytes
import Foundation
import Model
import TestSupport
import Testing
import Wire
import WireTools

/// The frozen bytes of every message.
struct GoldenTests {
    @Test func `every message is read from and written to its frozen bytes, and each of its fields is in them`() {
        for each in GoldenVectors(root: Repository.root).findings() { Issue.record("\(each)") }
    }

    @Test(.enabled(if: PythonClient(root: Repository.root).isAvailable, "PyPI can't be reached"))
    func `Python's own protobuf reads and writes the same bytes, and the same values`() throws {
        let said = try GoldenVectors(root: Repository.root).verifyByPython(root: Repository.root)
        #expect(String(decoding: said, as: UTF8.self).contains("are right to Python's protobuf"))
    }

    @Test func `the page's example of a message is the one that there is`() throws {
        let page = try String(contentsOf: Repository.root.appending(path: "proto/README.md"), encoding: .utf8)
        let section = try #require(page.components(separatedBy: "## 11. ").last)
        let blocks = section.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map {
            $0.element.split(separator: "\n", maxSplits: 1).last.map(String.init) ?? ""
        }
        let files = [
            "proto/session.proto", "proto/link.proto", "Sources/Model/Session/Session.swift",
            "Sources/Model/Link/FrameType.swift", "Tests/WireToolsTests/GoldenTests.swift",
        ]
        let texts = try files.map { try String(contentsOf: Repository.root.appending(path: $0), encoding: .utf8) }
        #expect(blocks.count == files.count)
        for (block, (file, text)) in zip(blocks, zip(files, texts)) {
            for line in block.split(separator: "\n") where !line.contains("…") {
                #expect(text.contains(line), "\(file) has no line \(line)")
            }
        }
    }

    @Test func `a heartbeat is session and number, and no more`() throws {
        var heartbeat = Heartbeat()
        heartbeat.session = SessionID(high: 1, low: 2)
        heartbeat.applied = 300
        #expect(Hex.text(heartbeat.encoded()) == "0a100000000000000001000000000000000210ac02")
        #expect(try Heartbeat.decode(heartbeat.encoded()) == heartbeat)
    }
}

import Foundation
import Model
import TestSupport
import Testing
import WireTools

/// The baseline in a repository of its own: what is accepted, and what a commit must bring.
@Suite(.enabled(if: isInstalled("protoc") && isInstalled("git"), "protoc or git is not installed"))
final class BaselineTests {
    private let temporary = TemporaryFolder("baseline")
    private var folder: URL { temporary.url }
    private let baseline: Baseline

    init() throws {
        baseline = Baseline(root: temporary.url)
        try FileManager.default.createDirectory(atPath: temporary["proto"], withIntermediateDirectories: false)
        try git("init", "--quiet")
        try Data("# Breaks\n".utf8).write(to: folder.appending(path: "proto/baseline.md"))
        try declare("uint32 a = 1; uint32 b = 2;")
        #expect(try baseline.accept(reason: nil) == Changes())
        try commit()
    }

    private func git(_ words: String...) throws {
        let settings = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
        _ = try Program.output(["git"] + settings + words, in: folder)
    }

    private func commit() throws {
        try git("add", "--all")
        try git("commit", "--quiet", "--message", "change")
    }

    private func declare(_ body: String) throws {
        let text = "syntax = \"proto3\"; package conclave.v1; message M { \(body) }"
        try Data(text.utf8).write(to: folder.appending(path: "proto/m.proto"))
    }

    private var findings: [String] {
        get throws { try baseline.findings().map(\.description) }
    }

    private var reasons: String {
        get throws { try String(contentsOf: folder.appending(path: "proto/baseline.md"), encoding: .utf8) }
    }

    @Test func `proto is the baseline as long as nothing changes`() throws {
        #expect(try findings == [])
    }

    @Test func `a change that breaks nobody is accepted without a reason`() throws {
        try declare("uint32 a = 1; uint32 b = 2; uint32 c = 3;")
        #expect(
            try findings == ["proto/baseline.binpb: proto/ has changed since; when it is right: Tools/wire accept"])
        #expect(try baseline.accept(reason: nil).breaks == [])
        #expect(try findings == [])
        try commit()
        #expect(try findings == [])
    }

    @Test func `a break is accepted with a reason only, which comes in the same commit`() throws {
        try declare("uint32 a = 1;")
        #expect(try findings.last == "M.b: breaks: field 2 is gone and its number is not reserved")
        let refused = #expect(throws: Failure.self) { try baseline.accept(reason: nil) }
        #expect(refused?.code == .invalid)
        #expect(refused?.advice.contains("--reason") == true)
        #expect(try findings.count == 2, "nothing was accepted")

        #expect(try baseline.accept(reason: "Nobody ever set it.").breaks.map(\.element) == ["M.b"])
        #expect(
            try reasons.hasSuffix("- `M.b`: field 2 is gone and its number is not reserved. Nobody ever set it.\n"))
        #expect(try findings == [])
        try commit()
        #expect(try findings == [])
    }

    @Test func `a baseline that was written over without a reason is found, before and after its commit`() throws {
        let before = try reasons
        try declare("uint32 a = 1;")
        _ = try baseline.accept(reason: "It has to be.")
        try Data(before.utf8).write(to: folder.appending(path: "proto/baseline.md"))
        let what = "without a reason in proto/baseline.md: field 2 is gone and its number is not reserved"
        #expect(try findings == ["M.b: broken in the working tree \(what)"])
        try commit()
        let after = try findings
        #expect(after.count == 1 && after.first?.hasPrefix("M.b: broken in commit ") == true, "\(after)")

        // A reason that comes later is no reason in the same commit.
        try Data((before + "- `M.b`: late\n").utf8).write(to: folder.appending(path: "proto/baseline.md"))
        try commit()
        #expect(try findings.count == 1)
    }

    @Test func `two commits are compared by name`() throws {
        try declare("uint32 a = 1; string b = 2;")
        _ = try baseline.accept(reason: "It has to be.")
        try commit()
        let source = SchemaSource(root: folder)
        let changes = BreakingChanges.between(try source.named("HEAD~1"), try source.named("HEAD"))
        #expect(changes.breaks.map(\.element) == ["M.b"])
        let missing = #expect(throws: Failure.self) { try source.named("no-such-commit") }
        #expect(missing?.code == .notFound)
    }
}

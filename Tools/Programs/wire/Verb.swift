import Bytes
import CommandLine
import Foundation
import WireTools

import struct Model.Failure

/// What a command does.
enum Verb {
    case check, breaking, accept, dump, vectors

    private static let isWrong: Int32 = 1
    private static let breaks: Int32 = 10

    /// Returns the exit code.
    func run(_ parsed: Parsed<Verb>) throws(Failure) -> Int32 {
        switch self {
        case .check: try Self.check()
        case .breaking: try Self.breaking(parsed.arguments[0], parsed.arguments[1])
        case .accept: try Self.accept(parsed.text("reason"))
        case .dump: try Self.dump(parsed)
        case .vectors: try Self.vectors(accepting: parsed.has("accept"))
        }
    }

    /// The repository that this program was built in: the nearest folder with `Package.swift` above it.
    private static func root() throws(Failure) -> URL {
        var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        while folder.path != "/" {
            folder = folder.deletingLastPathComponent()
            if FileManager.default.fileExists(atPath: folder.appending(path: "Package.swift").path) { return folder }
        }
        throw Failure(.notFound, "no Package.swift above this program", try: "Tools/wire of Conclave's repository")
    }

    private static func report(_ findings: [Finding], _ fine: String) -> Int32 {
        for each in findings { Main.show("\(each)\n") }
        Main.show("wire: \(findings.isEmpty ? fine : "\(findings.count) wrong")\n", to: .standardError)
        return findings.isEmpty ? 0 : isWrong
    }

    private static func check() throws(Failure) -> Int32 {
        let root = try root()
        let check = SchemaCheck(root: root, try SchemaSource(root: root).current())
        let findings = try check.findings() + Baseline(root: root).findings()
        return report(findings, "\(AllMessages.types.count) messages are as proto/ declares them")
    }

    private static func breaking(_ old: String, _ new: String) throws(Failure) -> Int32 {
        let source = SchemaSource(root: try root())
        let changes = BreakingChanges.between(try source.named(old), try source.named(new))
        show(changes)
        return changes.breaks.isEmpty ? 0 : breaks
    }

    private static func show(_ changes: Changes) {
        for each in changes.breaks {
            Main.show("breaking: \(each.element): \(each.what)\n    why: \(each.why)\n    whom: \(each.whom)\n")
        }
        for each in changes.remarks { Main.show("remark: \(each.element): \(each.what)\n") }
        let count = changes.breaks.count
        let sum = count == 0 ? "nothing breaks" : "\(count) \(count == 1 ? "change breaks" : "changes break") somebody"
        Main.show("wire: \(sum)\n", to: .standardError)
    }

    private static func accept(_ reason: String?) throws(Failure) -> Int32 {
        show(try Baseline(root: root()).accept(reason: reason))
        return 0
    }

    private static func vectors(accepting: Bool) throws(Failure) -> Int32 {
        let root = try root()
        let vectors = GoldenVectors(root: root)
        if accepting {
            let (kept, added, dropped) = try vectors.accept()
            Main.show("wire: \(kept) vectors kept, \(added) added, \(dropped) dropped\n", to: .standardError)
        }
        let code = report(vectors.findings(), "the code reads and writes the vectors of every message")
        if code != 0 { return code }
        Main.show(String(decoding: try vectors.verifyByPython(root: root), as: UTF8.self))
        return 0
    }
}

// MARK: - Dump

extension Verb {
    private static func dump(_ parsed: Parsed<Verb>) throws(Failure) -> Int32 {
        let bytes = Bytes([UInt8](try contents(parsed.arguments[0])))
        if let name = parsed.text("message") {
            guard let type = AllMessages.type(named: name) else {
                throw Failure(.notFound, "there is no message \(name)", try: "a name that proto/ declares")
            }
            Main.show(FrameDump.lines(of: type, bytes, .people, indent: "").map { $0 + "\n" }.joined())
            return 0
        }
        let stream: Bytes
        if let file = parsed.text("keys") {
            let keys = try KeyLog(String(decoding: try contents(file), as: UTF8.self))
            stream = try LinkCapture.open(bytes, keys)
        } else if LinkCapture.isDiallers(bytes) {
            throw Failure(
                .invalid, "this is a link over TCP, which is encrypted", try: "--keys FILE, the key log of its capture")
        } else {
            stream = bytes
        }
        var dump = FrameDump()
        defer { Main.show(dump.lines.map { $0 + "\n" }.joined()) }
        try dump.read(stream)
        return 0
    }

    private static func contents(_ file: String) throws(Failure) -> Data {
        do {
            if file == "-" { return try FileHandle.standardInput.readToEnd() ?? Data() }
            return try Data(contentsOf: URL(filePath: file))
        } catch {
            throw Failure(.notFound, "\(file) can't be read", why: error.localizedDescription)
        }
    }
}

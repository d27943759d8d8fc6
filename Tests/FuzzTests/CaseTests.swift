import Bytes
import Foundation
import TestSupport
import Testing

/// The targets of `Tools/fuzz` on known inputs: what fuzzing begins with, and what it has found.
@Suite struct CaseTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func `a target holds for its seeds`(_ name: String) throws {
        let target = try Self.target(name)
        let seeds = target.seeds()
        #expect(!seeds.isEmpty)
        for seed in seeds { try Self.run(target, seed) }
    }

    /// `Cases/<target>/<what it showed>`: inputs that broke the target before the mend that came with them.
    @Test func `what was found once is not found again`() throws {
        let folder = Repository.root.appending(path: "Tests/FuzzTests/Cases")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.contains("/") }
        #expect(!paths.isEmpty)
        for path in paths.sorted() {
            let input = try Data(contentsOf: folder.appending(path: path))
            let target = try Self.target(String(path.prefix { $0 != "/" }))
            do { try Self.run(target, Bytes([UInt8](input))) } catch { Issue.record("\(path): \(error)") }
        }
    }

    @Test func `every message of proto has a target`() throws {
        let folder = Repository.root.appending(path: "proto")
        let declaration = #/(?m)^message (\w+) /#
        var declared: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".proto") {
            let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
            declared.formUnion(text.matches(of: declaration).map { String($0.1) })
        }
        #expect(Set(MessageKind.all.map(\.name)) == declared)
    }

    private static func target(_ name: String) throws -> FuzzTarget {
        try #require(FuzzTarget.all.first { $0.name == name }, "no target \(name)")
    }

    private static func run(_ target: FuzzTarget, _ input: Bytes) throws {
        try unsafe input.withUnsafeBytes { (bytes) throws(Broken) in try unsafe target.runAll(bytes) }
    }
}

import Foundation

/// The `import` lines of the modules' sources.
struct Imports {
    private(set) var count = 0

    /// Holds every import under `Sources/<module>` against the page.
    mutating func check(_ module: String, _ page: Page, root: URL, _ report: inout Report) throws {
        for path in try Self.files(under: "Sources/\(module)", root: root) {
            let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            for (offset, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                // Nearly all lines have no such word, which is seen much sooner than by the expression.
                guard line.contains("import"), let name = Self.imported(line) else { continue }
                count += 1
                if Page.toolchain.contains(name) { continue }
                if let why = page.refusal(module, name) {
                    report.wrong(path, offset + 1, "\(module) imports \(name): \(why)")
                }
            }
        }
    }

    /// The module that a line imports, with whatever attributes, access level and kind.
    private static func imported(_ line: Substring) -> String? {
        let pattern =
            /\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?(\w+).*/
        return line.wholeMatch(of: pattern).map { String($0.1) }
    }

    /// Swift files below a folder, by path.
    private static func files(under folder: String, root: URL) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .filter { $0.hasSuffix(".swift") }.sorted().map { "\(folder)/\($0)" }
    }
}

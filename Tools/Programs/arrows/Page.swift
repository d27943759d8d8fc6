import Foundation

/// The tree of `Sources/README.md`: each module with what it may import.
struct Page {
    /// One line of the tree.
    struct Row {
        var name: String
        var arrows: [String]
        var line: Int
    }

    static let path = "Sources/README.md"

    private(set) var rows: [Row] = []
    private var places: [String: Int] = [:]

    /// Reads the first fenced block whose first line is `Sources/`.
    ///
    /// A row is `  Name/  what it is  → A, B`, where `–` is no arrow at all; the row of the C modules has no arrows
    /// and is not one of these.
    init(_ text: String, _ report: inout Report) {
        var isInside = false
        for (offset, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line == "Sources/" { isInside = true }
            if isInside, line.hasPrefix("```") { break }
            guard isInside, let row = line.wholeMatch(of: #/\x20{2}(\w+)/.* → (.+)/#) else { continue }
            let arrows = row.2 == "–" ? [] : row.2.split(separator: ", ").map(String.init)
            add(Row(name: String(row.1), arrows: arrows, line: offset + 1), &report)
        }
        if rows.isEmpty { report.wrong(Self.path, 1, "there is no fenced tree that begins with Sources/") }
    }

    private mutating func add(_ row: Row, _ report: inout Report) {
        if places[row.name] != nil { report.wrong(Self.path, row.line, "\(row.name) is listed twice") }
        for arrow in row.arrows where places[arrow] == nil {
            report.wrong(Self.path, row.line, "\(row.name) → \(arrow) points down the list, or to no module")
        }
        places[row.name] = rows.count
        rows.append(row)
    }

    func row(_ name: String) -> Row? { places[name].map { rows[$0] } }

    /// All that `name` may import: its arrows with what those may import.
    func closure(of name: String) -> Set<String> {
        guard let row = row(name) else { return [] }
        return row.arrows.reduce(into: []) { reached, arrow in
            reached.insert(arrow)
            // Arrows that point up the list end; the others were reported and are not followed.
            if let next = places[arrow], rows[next].line < row.line { reached.formUnion(closure(of: arrow)) }
        }
    }

    /// The one owner of each system library and of the C shim.
    static let owners = [
        "CSodium": "Primitives", "CLZ4": "Compression", "CZlib": "Compression", "CUV": "Linux", "CLinux": "Linux",
        "CYAML": "Compose",
    ]

    /// Modules of the toolchain that everything may import.
    static let toolchain: Set = ["Glibc", "Synchronization"]

    /// Why `module` may not depend on `other`; `nil`: it may.
    func refusal(_ module: String, _ other: String) -> String? {
        if let owner = Self.owners[other] {
            return owner == module ? nil : "\(other) belongs to \(owner) alone"
        }
        if other == module || closure(of: module).contains(other) { return nil }
        return "\(Self.path) has no arrow from \(module) to \(other)"
    }
}

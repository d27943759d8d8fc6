import Foundation

/// The targets of `Package.swift` as SwiftPM reads them.
struct Manifest: Decodable {
    struct Target: Decodable {
        var name: String
        var type: String
        /// Where the sources are, if not in the folder of that name.
        var path: String?
        var dependencies: [Dependency]

        var isModule: Bool { path == nil && ["regular", "executable"].contains(type) }
    }

    /// `{"byName": ["Bytes", null]}`, and the like with another key for products and plugins.
    struct Dependency: Decodable {
        var name: String

        init(from decoder: any Decoder) throws {
            let kinds = try decoder.singleValueContainer().decode([String: [Part?]].self)
            guard case .name(let name)?? = kinds.values.first?.first else {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no name"))
            }
            self.name = name
        }

        /// A name, or a condition, which is not ours to read.
        enum Part: Decodable {
            case name(String), other

            init(from decoder: any Decoder) throws {
                let name = try? decoder.singleValueContainer().decode(String.self)
                self = name.map(Part.name) ?? .other
            }
        }
    }

    var targets: [Target]

    static let path = "Package.swift"

    /// Asks SwiftPM.
    static func read(root: URL) throws -> Manifest {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["swift", "package", "dump-package"]
        process.currentDirectoryURL = root
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failed(description: "swift package dump-package failed")
        }
        return try JSONDecoder().decode(Manifest.self, from: data)
    }

    /// Holds every edge between modules against the page, and the two lists of modules against each other.
    func check(_ page: Page, root: URL, _ report: inout Report) throws {
        let lines = try String(contentsOf: root.appending(path: Self.path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let modules = targets.filter { $0.isModule && Page.owners[$0.name] == nil }
        for module in modules {
            let line = (lines.firstIndex { $0.firstMatch(of: Self.declaration)?.1 == module.name[...] } ?? 0) + 1
            guard page.row(module.name) != nil else {
                report.wrong(Self.path, line, "\(module.name) is not in the tree of \(Page.path)")
                continue
            }
            for edge in module.dependencies {
                if let why = page.refusal(module.name, edge.name) {
                    report.wrong(Self.path, line, "\(module.name) depends on \(edge.name): \(why)")
                }
            }
        }
        for row in page.rows where !modules.contains(where: { $0.name == row.name }) {
            report.wrong(Page.path, row.line, "\(row.name) is no module of \(Self.path)")
        }
    }

    /// `module("Wire", …`, or a name on the line after. Only for the place in a message.
    private static var declaration: Regex<(Substring, Substring)> {
        /^\s+(?:(?:module|program)\(|\.target\(name: )?"(\w+)"/
    }
}

struct Failed: Error, CustomStringConvertible {
    var description: String
}

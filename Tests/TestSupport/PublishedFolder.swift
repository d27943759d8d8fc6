import Foundation

/// A folder of published or frozen data that is not in this repository: beside it, or where a variable says.
/// `Tests/README.md` lists them.
package struct PublishedFolder: Sendable {
    package let url: URL
    /// Whether its tests run: a folder that somebody names must be there, the usual one may be absent.
    package let isExpected: Bool

    /// - Parameters:
    ///   - name: its path below the usual place; `noise-vectors` can be replaced by `CONCLAVE_NOISE_VECTORS`.
    ///   - file: what is in it when it is there.
    package init(_ name: String, file: String) {
        let variable = "CONCLAVE_" + name.uppercased().replacing(#/[-/]/#, with: "_")
        if let path = ProcessInfo.processInfo.environment[variable] {
            url = URL(filePath: path)
            isExpected = true
        } else {
            url = Repository.root.appending(path: "../shared/data/\(name)").standardized
            isExpected = FileManager.default.fileExists(atPath: url.appending(path: file).path)
        }
    }

    package func data(_ file: String) throws -> Data { try Data(contentsOf: url.appending(path: file)) }

    package func text(_ file: String) throws -> String {
        try String(contentsOf: url.appending(path: file), encoding: .utf8)
    }

    package func decode<T: Decodable>(_ type: T.Type, from file: String) throws -> T {
        try JSONDecoder().decode(type, from: data(file))
    }
}

import Foundation

/// A folder of bytes on which several implementations of protobuf agree: beside the package, or where the environment
/// says. `Tests/README.md` lists the variables.
struct VectorFolder {
    let url: URL
    /// Whether its tests run: a folder that somebody names must be there, the usual one may be absent.
    let isExpected: Bool

    /// - Parameter name: `protobuf-vectors`, which `CONCLAVE_PROTOBUF_VECTORS` can replace, and so on.
    init(_ name: String, file: String) {
        let variable = "CONCLAVE_" + name.uppercased().replacingOccurrences(of: "-", with: "_")
        if let path = ProcessInfo.processInfo.environment[variable] {
            url = URL(filePath: path)
            isExpected = true
        } else {
            url = URL(filePath: #filePath).appending(path: "../../../../../shared/data/\(name)").standardized
            isExpected = FileManager.default.fileExists(atPath: url.appending(path: file).path)
        }
    }

    func decode<T: Decodable>(_ type: T.Type, from file: String) throws -> T {
        try JSONDecoder().decode(type, from: Data(contentsOf: url.appending(path: file)))
    }
}

/// Vectors of `vectors.proto`.
enum VectorFiles {
    /// One line of `valid.json` or `malformed.json`.
    struct Case: Decodable {
        var name: String
        var message: String
        var hex: String
        var verdict: String
        /// What we do where the implementations disagree.
        var advice: String?
        var json: JSONValue?
        var canonical: String?
        var canonical_others: [String]?
    }

    static let folder = VectorFolder("protobuf-vectors", file: "valid.json")

    static func cases(_ file: String) throws -> [Case] { try folder.decode([Case].self, from: file) }
}

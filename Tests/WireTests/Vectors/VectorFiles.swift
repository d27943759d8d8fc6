import Foundation

/// Bytes on which several implementations of protobuf agree, from a folder beside the package or the one that the
/// environment variable `CONCLAVE_PROTOBUF_VECTORS` names.
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

    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["CONCLAVE_PROTOBUF_VECTORS"] { return URL(filePath: path) }
        return URL(filePath: #filePath).appending(path: "../../../../../shared/data/protobuf-vectors").standardized
    }()

    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.appending(path: "valid.json").path) }

    static func cases(_ file: String) throws -> [Case] {
        try JSONDecoder().decode([Case].self, from: Data(contentsOf: folder.appending(path: file)))
    }
}

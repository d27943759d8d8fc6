import TestSupport

/// Bytes of messages of `vectors.proto` on which several implementations of protobuf agree.
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

    static let folder = PublishedFolder("protobuf-vectors", file: "valid.json")

    static func cases(_ file: String) throws -> [Case] { try folder.decode([Case].self, from: file) }
}

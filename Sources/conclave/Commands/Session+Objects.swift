import Bytes
import CommandLine
import Model
import Wire

extension Failure {
    /// The daemon answered something else than was asked.
    static var unexpected: Failure {
        Failure(
            .integrity, "the daemon's answer is not one to this request",
            try: "compare the versions with: conclave version")
    }
}

extension DeleteObject {
    static func named(_ reference: String) -> DeleteObject {
        var delete = DeleteObject()
        delete.reference = reference
        return delete
    }
}

extension ID {
    /// The ID in a reply; none when it has none.
    init(bytes: Bytes) {
        self = bytes.count == 16 ? unsafe bytes.withUnsafeBytes { unsafe ID(bytes: $0) } : .none
    }
}

extension Session {
    /// A line with an ID.
    func print<Kind>(_ id: ID<Kind>) { print(id.description) }

    /// The cell for an ID in a table: 12 digits, unless `--no-trunc`.
    func shortened<Kind>(_ id: ID<Kind>) -> [String: String] { parsed.has("no-trunc") ? [:] : ["ID": id.short] }
}

import Foundation

/// A transcript in a file: what is done, and below it the answers.
///
/// `Tools/transcripts --accept` writes the answers anew, to be reviewed.
package struct Story {
    /// What the file says.
    package let told: String
    private let file: URL

    /// - Parameter folder: where the file `name.txt` is, from the repository's root.
    package init(_ name: String, in folder: String) throws {
        file = Repository.root.appending(path: folder).appending(path: "\(name).txt")
        told = try String(contentsOf: file, encoding: .utf8)
    }

    /// Where `seen`, the same story as it was played, is another one; `nil`: nowhere, or what was seen is accepted.
    package func departure(of seen: String) throws -> String? {
        if ProcessInfo.processInfo.environment["CONCLAVE_ACCEPT"] != nil {
            try seen.write(to: file, atomically: true, encoding: .utf8)
            return nil
        }
        if seen == told { return nil }
        let pairs = zip(told.split(separator: "\n"), seen.split(separator: "\n"))
        guard let (expected, actual) = pairs.first(where: { $0 != $1 }) else { return "it ends differently" }
        return "expected \"\(expected)\", but \"\(actual)\""
    }
}

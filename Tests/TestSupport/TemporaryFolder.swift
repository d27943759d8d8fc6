import Foundation

/// A folder of a test's own, which goes with all that is in it when the last reference does.
package final class TemporaryFolder: Sendable {
    package let path: String
    package var url: URL { URL(filePath: path, directoryHint: .isDirectory) }

    /// - Parameters:
    ///   - use: what the folder is for; part of its name.
    ///   - parent: where it is made. A task sees nothing of `/tmp`, but of `/var/tmp`.
    package init(_ use: String = "test", below parent: String = "/tmp") {
        var template = Array("\(parent)/conclave-\(use)-XXXXXX".utf8CString)
        guard let made = unsafe mkdtemp(&template) else { preconditionFailure("no folder can be made in \(parent)") }
        path = unsafe String(cString: made)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of `name` in the folder.
    package subscript(_ name: String) -> String { "\(path)/\(name)" }
}

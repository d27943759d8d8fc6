import Foundation

/// The repository that is tested, and what was built of it.
package enum Repository {
    package static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

    /// The executable `name`: beside the test bundle, or in the debug build.
    package static func program(_ name: String) -> URL {
        var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        while folder.path != "/" {
            let file = folder.appending(path: name)
            if FileManager.default.isExecutableFile(atPath: file.path) { return file }
            folder = folder.deletingLastPathComponent()
        }
        return root.appending(path: ".build/debug").appending(path: name)
    }
}

import Foundation
import PackagePlugin

/// Compiles the C helper of a target, `Helper/helper.c`, and turns its bytes into a Swift source of that target.
///
/// A host gets two executables and nothing beside them, so the third program travels inside the daemon.
@main
struct EmbedHelper: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = target.directoryURL.appending(path: "Helper")
        let script = folder.appending(path: "embed")
        let output = context.pluginWorkDirectoryURL.appending(path: "HelperBytes.swift")
        let sources = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { ["c", "h"].contains($0.pathExtension) }
            .sorted { $0.path < $1.path }
        return [
            .buildCommand(
                displayName: "Embedding the helper", executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, folder.appending(path: "helper.c").path, output.path],
                inputFiles: [script] + sources, outputFiles: [output])
        ]
    }
}

import Foundation

/// Checks that the modules import, and `Package.swift` connects, only what `Sources/README.md` says.
///
/// Run anywhere inside the package. Prints each wrong arrow with its file and line, and exits with 1 if there is one.
@main
struct Main {
    static func main() throws {
        let root = try packageRoot()
        var report = Report()
        let text = try String(contentsOf: root.appending(path: Page.path), encoding: .utf8)
        let page = Page(text, &report)
        var imports = Imports()
        for row in page.rows { try imports.check(row.name, page, root: root, &report) }
        try Manifest.read(root: root).check(page, root: root, &report)
        guard report.count == 0 else {
            print("arrows: \(report.count) wrong")
            exit(1)
        }
        print("arrows: \(page.rows.count) modules and \(imports.count) imports as \(Page.path) says")
    }

    /// The nearest folder with a manifest, from the current one up.
    private static func packageRoot() throws -> URL {
        var folder = URL(filePath: FileManager.default.currentDirectoryPath)
        while folder.path != "/" {
            if FileManager.default.fileExists(atPath: folder.appending(path: Manifest.path).path) { return folder }
            folder = folder.deletingLastPathComponent()
        }
        throw Failed(description: "no \(Manifest.path) here or above")
    }
}

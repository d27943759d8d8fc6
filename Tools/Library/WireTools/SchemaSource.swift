import Bytes
import Foundation
import Model
import Wire

/// Where declarations are read from: the working tree, a descriptor set, or a commit.
package struct SchemaSource {
    /// The folder with `Package.swift`, `proto/` and, for commits, the repository.
    package let root: URL

    package init(root: URL) {
        self.root = root
    }

    package var folder: URL { root.appending(path: "proto") }

    /// What the working tree declares.
    package func current() throws(Failure) -> FileSet { try compile(folder) }

    /// What `word` names: a file with a descriptor set, a folder of `.proto` files, else a commit.
    package func named(_ word: String) throws(Failure) -> FileSet {
        var isFolder: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: word, isDirectory: &isFolder) else {
            return try commit(word)
        }
        return isFolder.boolValue ? try compile(URL(filePath: word)) : try descriptorSet(URL(filePath: word))
    }

    /// What a file that protoc wrote with `--descriptor_set_out` declares.
    package func descriptorSet(_ file: URL) throws(Failure) -> FileSet {
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw Failure(.notFound, "\(file.path) can't be read")
        }
        return try Self.decode(data, file.lastPathComponent)
    }

    /// What `proto/` declared in a commit.
    package func commit(_ name: String) throws(Failure) -> FileSet {
        do throws(Failure) {
            _ = try Program.output(["git", "rev-parse", "--verify", "--quiet", "\(name)^{commit}"], in: root)
        } catch {
            throw Failure(
                .notFound, "\(name) is no file, no folder and no commit",
                try: "git log --oneline -- proto, for commits that changed the protocol")
        }
        return try withTemporaryFolder { (scratch) throws(Failure) -> FileSet in
            let archive = scratch.appending(path: "proto.tar").path
            _ = try Program.output(["git", "archive", "--output=\(archive)", name, "proto"], in: root)
            _ = try Program.output(["tar", "-xf", archive], in: scratch)
            return try compile(scratch.appending(path: "proto"))
        }
    }

    /// The bytes of the descriptor set that protoc makes of a folder.
    package func compiled(_ folder: URL) throws(Failure) -> Data {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
            .filter { $0.hasSuffix(".proto") }.sorted()
        guard !names.isEmpty else { throw Failure(.notFound, "there is no .proto file in \(folder.path)") }
        return try withTemporaryFolder { (scratch) throws(Failure) -> Data in
            let output = scratch.appending(path: "set").path
            do throws(Failure) {
                _ = try Program.output(["protoc", "--descriptor_set_out=\(output)", "-I."] + names, in: folder)
            } catch {
                throw Failure(error.code, error.message, why: error.why, try: "apt install protobuf-compiler")
            }
            return FileManager.default.contents(atPath: output) ?? Data()
        }
    }

    private func compile(_ folder: URL) throws(Failure) -> FileSet {
        try Self.decode(try compiled(folder), folder.path)
    }

    static func decode(_ data: Data, _ place: String) throws(Failure) -> FileSet {
        let set: FileSet
        do throws(WireError) {
            set = try FileSet.decode(Bytes([UInt8](data)))
        } catch {
            throw Failure(.integrity, "\(place) is no descriptor set", why: "\(error)")
        }
        guard !set.files.isEmpty else { throw Failure(.integrity, "\(place) declares nothing") }
        for file in set.files where file.syntax != "proto3" {
            throw Failure(.invalid, "\(file.name) is not proto3", why: "Conclave's messages are")
        }
        return set
    }

    private func withTemporaryFolder<R>(_ body: (URL) throws(Failure) -> R) throws(Failure) -> R {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "conclave-schema-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        } catch {
            throw Failure(.unspecified, "\(scratch.path) can't be made", why: error.localizedDescription)
        }
        defer { try? FileManager.default.removeItem(at: scratch) }
        return try body(scratch)
    }
}

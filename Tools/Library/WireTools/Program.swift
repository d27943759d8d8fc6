import Foundation
import Model

/// A program of the host that the tools ask: protoc, git, tar.
package enum Program {
    /// Runs a program that is found in PATH to its end and returns its standard output.
    ///
    /// - Throws: `Failure` with the last line of its standard error as the reason.
    package static func output(_ words: [String], in folder: URL) throws(Failure) -> Data {
        let process = Process()
        let output = Pipe()
        // In a file, since a full pipe would hold the program up while the other one is read.
        let errors = FileManager.default.temporaryDirectory.appending(path: "conclave-errors-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: errors) }
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = folder
        process.standardOutput = output
        let said: Data
        do {
            try Data().write(to: errors)
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            said = try output.fileHandleForReading.readToEnd() ?? Data()
        } catch {
            throw Failure(.unspecified, "\(words[0]) can't be run", why: error.localizedDescription)
        }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let complaint = String(decoding: FileManager.default.contents(atPath: errors.path) ?? Data(), as: UTF8.self)
            let line = complaint.split(separator: "\n").last ?? "it gave no reason"
            // EX_TEMPFAIL: what it needs from elsewhere can't be had now.
            let code = process.terminationStatus == 75 ? FailureCode.unavailable : .unspecified
            throw Failure(code, "\(words.prefix(2).joined(separator: " ")) failed", why: String(line))
        }
        return said
    }
}

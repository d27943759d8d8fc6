import Foundation
import Model

/// A program of the host that the tools ask: protoc, git, tar.
package enum Program {
    /// Runs a program that is found in PATH to its end and returns its standard output.
    ///
    /// - Throws: `Failure` with the first line of its standard error as the reason.
    package static func output(_ words: [String], in folder: URL) throws(Failure) -> Data {
        let process = Process()
        let output = Pipe()
        let errors = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = errors
        let said: Data
        let complaint: Data
        do {
            try process.run()
            said = try output.fileHandleForReading.readToEnd() ?? Data()
            // Short: what fills no pipe while standard output is read.
            complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
        } catch {
            throw Failure(.unspecified, "\(words[0]) can't be run", why: error.localizedDescription)
        }
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let line = String(decoding: complaint, as: UTF8.self).split(separator: "\n").first ?? "it gave no reason"
            // EX_TEMPFAIL: what it needs from elsewhere can't be had now.
            let code = process.terminationStatus == 75 ? FailureCode.unavailable : .unspecified
            throw Failure(code, "\(words.prefix(2).joined(separator: " ")) failed", why: String(line))
        }
        return said
    }
}

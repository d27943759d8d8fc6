import Foundation
import Model

/// The protocol as it was agreed on last: `proto/baseline.binpb`, a descriptor set, and beside it `proto/baseline.md`,
/// which tells of every break what it was and why it had to be.
///
/// The baseline follows `proto/` in the same commit. A change that breaks somebody needs a reason in that commit.
package struct Baseline {
    private let source: SchemaSource

    private static let set = "proto/baseline.binpb"
    private static let reasons = "proto/baseline.md"

    package init(root: URL) {
        source = SchemaSource(root: root)
    }

    private var file: URL { source.root.appending(path: Self.set) }
    private var page: URL { source.root.appending(path: Self.reasons) }

    /// What is wrong now: `proto/` is not the baseline, or a break has no reason.
    package func findings() throws(Failure) -> [Finding] {
        let agreed = try source.descriptorSet(file)
        let current = try source.current()
        if agreed != current {
            let changes = BreakingChanges.between(agreed, current)
            let advice = changes.breaks.isEmpty ? "Tools/wire accept" : "Tools/wire accept --reason TEXT"
            return [
                Finding(subject: Self.set, what: "proto/ has changed since; when it is right: \(advice)")
            ]
                + changes.breaks.map { Finding(subject: $0.element, what: "breaks: \($0.what)") }
        }
        return try unexplained()
    }

    /// Makes the current protocol the baseline.
    ///
    /// - Parameter reason: why it breaks what it breaks; demanded when it does.
    /// - Returns: what became of the protocol.
    package func accept(reason: String?) throws(Failure) -> Changes {
        let data = try source.compiled(source.folder)
        var changes = Changes()
        if FileManager.default.fileExists(atPath: file.path) {
            changes = BreakingChanges.between(try source.descriptorSet(file), try source.current())
        }
        if !changes.breaks.isEmpty {
            guard let reason, !reason.isEmpty else {
                throw Failure(
                    .invalid, "the baseline was not changed", why: "\(changes.breaks.count) changes break somebody",
                    try: "Tools/wire accept --reason TEXT, or reserve what is gone")
            }
            var text = try Self.text(page)
            for each in changes.breaks { text += "- `\(each.element)`: \(each.what). \(reason)\n" }
            try Self.write(Data(text.utf8), page)
        }
        try Self.write(data, file)
        return changes
    }

    private static func text(_ file: URL) throws(Failure) -> String {
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw Failure(.notFound, "\(file.path) can't be read")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private static func write(_ data: Data, _ file: URL) throws(Failure) {
        do {
            try data.write(to: file, options: .atomic)
        } catch {
            throw Failure(.unspecified, "\(file.path) can't be written", why: error.localizedDescription)
        }
    }
}

// MARK: - History

extension Baseline {
    /// One change of the baseline: in a commit, or since the last one.
    private struct Step {
        var before: String
        /// `nil`: the working tree.
        var after: String?
    }

    /// Breaks whose reason did not come in the same commit. Nothing outside a repository.
    private func unexplained() throws(Failure) -> [Finding] {
        var findings: [Finding] = []
        for step in history() {
            guard let old = try? bytes(Self.set, in: step.before) else { continue }
            let new = try bytes(Self.set, in: step.after)
            let changes = BreakingChanges.between(
                try SchemaSource.decode(old, "the baseline of \(step.before)"), try SchemaSource.decode(new, Self.set))
            if changes.breaks.isEmpty { continue }
            let known = Set(lines(Self.reasons, in: step.before))
            let added = lines(Self.reasons, in: step.after).filter { !known.contains($0) }
            for each in changes.breaks where !added.contains(where: { $0.contains("`\(each.element)`") }) {
                let place = step.after.map { "commit \($0.prefix(12))" } ?? "the working tree"
                findings.append(
                    Finding(
                        subject: each.element,
                        what: "broken in \(place) without a reason in \(Self.reasons): \(each.what)"))
            }
        }
        return findings
    }

    private func history() -> [Step] {
        guard
            let log = try? Program.output(["git", "log", "--format=%H", "--", Self.set], in: source.root),
            let status = try? Program.output(["git", "status", "--porcelain", "--", Self.set], in: source.root)
        else { return [] }
        let commits = String(decoding: log, as: UTF8.self).split(separator: "\n").map(String.init)
        let steps = commits.map { Step(before: "\($0)^", after: $0) }
        return status.isEmpty ? steps : [Step(before: "HEAD", after: nil)] + steps
    }

    private func bytes(_ path: String, in commit: String?) throws(Failure) -> Data {
        if let commit { return try Program.output(["git", "show", "\(commit):\(path)"], in: source.root) }
        guard let data = FileManager.default.contents(atPath: source.root.appending(path: path).path) else {
            throw Failure(.notFound, "\(path) can't be read")
        }
        return data
    }

    private func lines(_ path: String, in commit: String?) -> [Substring] {
        let data = (try? bytes(path, in: commit)) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }
}

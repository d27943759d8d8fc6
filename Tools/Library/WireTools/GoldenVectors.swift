import Bytes
import Foundation
import Model
import Raft
import Wire

/// The bytes of every message, frozen: a file for each in `Tests/WireToolsTests/Golden`.
///
/// A vector is a line `=` with the canonical encoding in hex, then the message in text format. Together the vectors of
/// a message set each of its fields at least once. What a version wrote, every later one must read: an accepted vector
/// is only ever dropped with a break.
package struct GoldenVectors {
    package struct Vector: Equatable {
        package var bytes: Bytes
        package var text: [String]
    }

    package let folder: URL

    package init(root: URL) {
        folder = root.appending(path: "Tests/WireToolsTests/Golden")
    }

    /// How many random messages are looked at, and how long one may be.
    private static let seeds: UInt64 = 400
    private static let mostBytes = 1024

    /// The vectors of a message; none without a file.
    package func vectors(of name: String) -> [Vector] {
        let data = FileManager.default.contents(atPath: file(name).path) ?? Data()
        var vectors: [Vector] = []
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("=") {
                let digits = line.dropFirst().trimmingCharacters(in: .whitespaces)
                vectors.append(Vector(bytes: Bytes(Hex.bytes(digits) ?? []), text: []))
            } else if !line.hasPrefix("#"), !vectors.isEmpty {
                vectors[vectors.count - 1].text.append(String(line))
            }
        }
        return vectors
    }

    private func file(_ name: String) -> URL { folder.appending(path: "\(name).txt") }

    /// What is wrong: a vector that is read otherwise, a field without one, a file without a message.
    package func findings() -> [Finding] {
        let names = Set(AllMessages.types.map { $0.messageName })
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let strays = files.filter { !names.contains($0.replacing(".txt", with: "")) }.sorted()
        return AllMessages.types.flatMap { findings(of: $0) }
            + strays.map { Finding(subject: $0, what: "vectors of a message that there is not") }
    }

    private func findings<M: Message>(of type: M.Type) -> [Finding] {
        let vectors = vectors(of: M.messageName)
        var findings: [Finding] = []
        for (number, vector) in vectors.enumerated() {
            if let why = complaint(M.self, vector) {
                findings.append(Finding(subject: M.messageName, what: "vector \(number + 1): \(why)"))
            }
        }
        let missing = Self.names(M.self).subtracting(vectors.flatMap { Self.names(in: $0) }).sorted()
        if !missing.isEmpty || vectors.isEmpty {
            let what = vectors.isEmpty ? "no vector" : "no vector sets \(missing.joined(separator: ", "))"
            findings.append(Finding(subject: M.messageName, what: "\(what): Tools/wire vectors --accept"))
        }
        return findings
    }

    /// Why a vector is not what the code makes of it; `nil`: it is.
    private func complaint<M: Message>(_ type: M.Type, _ vector: Vector) -> String? {
        do throws(WireError) {
            let message = try M.decode(vector.bytes)
            if message.encoded() != vector.bytes { return "it is encoded to other bytes" }
            return TextCoder.lines(message, .exact) == vector.text ? nil : "it is read as something else"
        } catch {
            return "it does not decode: \(error)"
        }
    }

    /// Names of the fields that a message has.
    private static func names<M: Message>(_ type: M.Type) -> Set<String> {
        Set(MessageSchema(M.self).fields.map(\.name))
    }
}

// MARK: - Accepting

extension GoldenVectors {
    /// Keeps the vectors that still hold, and adds new ones for fields that none sets.
    ///
    /// - Returns: how many were kept, added and dropped.
    package func accept() throws(Failure) -> (kept: Int, added: Int, dropped: Int) {
        var count = (kept: 0, added: 0, dropped: 0)
        for type in AllMessages.types {
            let (kept, added, dropped) = try accept(type)
            count = (count.kept + kept, count.added + added, count.dropped + dropped)
        }
        return count
    }

    private func accept<M: Message>(_ type: M.Type) throws(Failure) -> (Int, Int, Int) {
        let there = vectors(of: M.messageName)
        let kept = there.filter { complaint(M.self, $0) == nil }
        var missing = Self.names(M.self).subtracting(kept.flatMap { Self.names(in: $0) })
        var added: [Vector] = []
        var candidates = missing.isEmpty && !kept.isEmpty ? [] : Self.candidates(M.self)
        while !missing.isEmpty || kept.isEmpty && added.isEmpty {
            // The one that says most in the fewest bytes.
            let gain = { (vector: Vector) in
                Double(Self.names(in: vector).intersection(missing).count) / Double(vector.bytes.count + 16)
            }
            guard let best = candidates.max(by: { gain($0) < gain($1) }), missing.isEmpty || gain(best) > 0 else {
                throw Failure(
                    .unspecified, "no random \(M.messageName) sets \(missing.sorted().joined(separator: ", "))",
                    why: "none of \(Self.seeds) is valid, short enough and has it")
            }
            missing.subtract(Self.names(in: best))
            candidates.removeAll { $0 == best }
            added.append(best)
        }
        if !added.isEmpty || kept.count != there.count { try write(M.messageName, kept + added) }
        return (kept.count, added.count, there.count - kept.count)
    }

    private static func candidates<M: Message>(_ type: M.Type) -> [Vector] {
        let random = (0..<seeds).map { seed in
            var generator = Generator(seed: seed)
            return generator.message(M.self)
        }
        return (random + made.compactMap { $0 as? M }).compactMap { message in
            let bytes = message.encoded()
            guard bytes.count <= mostBytes, let message = try? M.decode(bytes), message.encoded() == bytes else {
                return nil
            }
            return Vector(bytes: bytes, text: TextCoder.lines(message, .exact))
        }
    }

    /// What chance does not make: each entry follows the one before it.
    private static var made: [any Message] {
        var append = RaftMessage()
        append.kind = .append
        append.from = MemberID(1)
        append.to = MemberID(2)
        append.term = Term(3)
        append.index = Index(7)
        append.logTerm = Term(3)
        append.entries = [
            Entry(term: Term(3), index: Index(8), body: Bytes(utf8: "body"), sealed: Bytes(utf8: "sealed"))
        ]
        return [append]
    }

    private func write(_ name: String, _ vectors: [Vector]) throws(Failure) {
        var text =
            "# \(name): canonical bytes, and what they say. Written by Tools/wire vectors --accept.\n"
        for vector in vectors {
            text +=
                "\n=\(vector.bytes.isEmpty ? "" : " ")\(Hex.text(vector.bytes))\n"
                + vector.text.map { $0 + "\n" }.joined()
        }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file(name), options: .atomic)
        } catch {
            throw Failure(.unspecified, "\(file(name).path) can't be written", why: error.localizedDescription)
        }
    }

    /// Names of the fields that are set at the outermost level of a text.
    private static func names(in vector: Vector) -> Set<String> {
        Set(vector.text.filter { !$0.hasPrefix(" ") && $0 != "}" }.map { String($0.prefix { $0 != ":" && $0 != " " }) })
    }
}

// MARK: - Python

extension GoldenVectors {
    /// Has the vectors judged by Python's own protobuf: the same text means the same bytes.
    ///
    /// - Returns: what its program said.
    package func verifyByPython(root: URL) throws(Failure) -> Data {
        try PythonClient(root: root).output("check_vectors.py", folder.path)
    }
}

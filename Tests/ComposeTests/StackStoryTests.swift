import Bytes
import Compose
import Model
import TestSupport
import Testing
import Wire
import WireTools

private let stories = [
    "article", "asks-nothing", "bad-interpolation", "deep-aliases", "deploy", "development-file", "dot-env",
    "duplicate-key", "empty-commands", "env-files", "extension-fields", "global", "health-none", "ignored",
    "interpolation", "interpolation-edges", "logging-anchors", "long-aliases", "many-aliases",
    "merge-files", "merge-forms", "merge-marks", "merge-tags", "monitoring", "mount-forms", "names", "not-yaml",
    "process", "process-with-container-keys", "program", "required-variable", "restart-words", "short-and-long",
    "sources", "tabs", "tags-unknown", "traefik", "truths", "undeclared", "unknown-keys", "unsupported",
    "variable-files", "variable-files-wrong", "versioned-names", "voting-app", "wordpress", "wrong-kinds",
    "wrong-mounts",
]

/// A story is files, the plan or the problems that they make, and what they are read with.
@Test(arguments: stories)
func `a stack file means what its story tells`(name: String) throws {
    let story = try Story(name, in: "Tests/ComposeTests/Stacks")
    #expect(try story.departure(of: StackStory(story.told).played) == nil)
}

/// Lines that begin with `=` are answers, `#` begins a remark, `|` a line of the file; the others say how to read.
private struct StackStory {
    private var question: [String] = []
    private var files: [StackReader.File] = []
    private var variables: [String: String] = [:]
    /// Files of variables, by their paths from the root.
    private var texts: [String: [UInt8]] = [:]
    private var ignores = false

    init(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("=") || line.isEmpty { continue }
            question.append(line)
            take(line)
        }
    }

    private mutating func take(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "file": files.append(StackReader.File(name: words[1], text: []))
        case "variables":
            for word in words.dropFirst() {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                variables[String(parts[0])] = String(parts[1])
            }
        case "lines":
            let rest = line.dropFirst("lines \(words[1]) ".count)
            texts[words[1]] = Array(rest.replacing("|", with: "\n").utf8)
        case "ignore-unsupported": ignores = true
        case let word? where word.hasPrefix("|"):
            files[files.count - 1].text += Array(line.dropFirst(2).utf8) + [UInt8(ascii: "\n")]
        default: break
        }
    }

    /// The story with its answers.
    var played: String {
        var answers: [String] = []
        do throws(StackProblems) {
            var reader = reader
            if let text = texts["/srv/.env"] {
                try reader.add(variablesOf: StackReader.File(name: "/srv/.env", text: text))
            }
            let merged = try reader.merged(files)
            let definition = try reader.define(merged, files)
            answers = definition.warnings.map(Self.line) + Self.plan(definition)
            if try Self.plan(again(reader.whole(merged).yaml)) != Self.plan(definition) {
                answers.append("what stack config shows means something else")
            }
        } catch {
            answers = error.problems.map(Self.line)
        }
        return (question + answers.map { "= \($0)" }).joined(separator: "\n") + "\n"
    }

    private var reader: StackReader {
        StackReader(
            StackContext(stack: "shop", variables: variables, ignoresUnsupported: ignores, folder: "/srv") { path in
                texts[path].map { .success($0) } ?? .failure(ComposeError.Reason("no such file", isAbsent: true))
            })
    }

    /// What a file that was written means, read somewhere else.
    private func again(_ text: String) throws(StackProblems) -> StackDefinition {
        var context = reader.context
        context.folder = "/elsewhere"
        var reader = StackReader(context)
        return try reader.read([StackReader.File(name: "standard input", text: Array(text.utf8))])
    }

    private static func line(_ problem: Problem) -> String { "\(problem.kind) \(problem.mark): \(problem.message)" }

    private static func plan(_ definition: StackDefinition) -> [String] {
        var lines: [String] = []
        for (kind, items) in [("secret", definition.secrets), ("config", definition.configs)] {
            for item in items {
                let labels = item.labels.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
                lines.append("\(kind) \(item.name) from \(source(item.source))\(labels)")
            }
        }
        for service in definition.services {
            lines.append("service")
            lines += TextCoder.lines(service, .people, indent: "  ")
        }
        return lines
    }

    private static func source(_ source: StackDefinition.Source) -> String {
        switch source {
        case .external: "elsewhere"
        case .file(let path): "file \(path)"
        case .environment(let name): "variable \(name)"
        case .content(let text): "\(text.debugDescription)"
        }
    }
}

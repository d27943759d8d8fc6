import Bytes
import Compose
import Model

extension FuzzTarget {
    /// Two stack files and a file of variables, with a byte between them that no text has. What they mean is written as
    /// one file that means the same.
    static let compose = FuzzTarget(
        name: "compose",
        variants: 3,
        seeds: { stacks.map { texts in Bytes(Array(texts.map { Array($0.utf8) }.joined(separator: [0xff]))) } },
        run: { (input) throws(Broken) in
            let parts = unsafe [UInt8](input).split(separator: 0xff, maxSplits: 2, omittingEmptySubsequences: false)
            try StackInput(files: parts.prefix(2).map(Array.init), variables: parts.count > 2 ? Array(parts[2]) : [])
                .run()
        })

    private static let stacks = [
        [
            """
            x-a: &a {image: "app:${TAG:-1}", environment: [A=1, B], deploy: {replicas: 2, labels: {x: y}}}
            services:
              web:
                <<: [*a]
                command: run --fast 'two words' $$HOME
                secrets: [s, {source: s, target: t, mode: 0400}]
                configs: [c]
                volumes: ["./a:/a:ro", "v:/v", {type: tmpfs, target: /t, tmpfs: {size: 1m}}]
                healthcheck: {test: curl localhost, interval: 1m30s, retries: 3}
                ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}
                extra_hosts: ["a:1.2.3.4", "b=::1"]
                env_file: [x.env, {path: y.env, format: raw}]
            secrets: {s: {file: ~/s}}
            configs: {c: {content: "two\\nlines"}}
            volumes: {v: {driver_opts: {a: b}}}
            """,
            """
            services:
              web:
                environment: {A: !reset null, "<<": "${B?}"}
                networks: {n: {aliases: [w]}}
                tmpfs: /x:size=1m,mode=0700
                extra_hosts: {a: [1.2.3.5, 1.2.3.6]}
                volumes: !override [/d]
              agent: {x-conclave-process: true, command: [/bin/sleep, "1"]}
            networks: {n: {external: true}}
            """, "export A=1\nB=\"x\\n${A} # y\" # z\nC='it\\'s'\nD\n",
        ],
        [
            "services:\n  a:\n    image: |\n      x\n\n    hostname: >-\n      y\n    user: 'z'\n    tty: no", "{}",
            "A=$B",
        ],
        ["\u{feff}services:\r\n  a: {image: !!str 1, labels: {? b : c, d: ~}}\r\n---\r\n", "", ""],
    ]
}

private struct StackInput {
    let files: [[UInt8]]
    /// The text of every file of variables.
    let variables: [UInt8]

    func run() throws(Broken) {
        let files = zip(["a", "b"], files).map { StackReader.File(name: $0, text: $1) }.filter { !$0.text.isEmpty }
        guard !files.isEmpty else { return }
        var reader = StackReader(context(folder: "/srv"))
        try? reader.add(variablesOf: StackReader.File(name: ".env", text: variables))
        guard let merged = try? reader.merged(files) else { return }
        try written(merged)
        guard let definition = try? reader.define(merged, files) else { return }
        let text = reader.whole(merged).yaml
        var other = StackReader(context(folder: "/elsewhere"))
        try? other.add(variablesOf: StackReader.File(name: ".env", text: variables))
        let again: StackDefinition
        do throws(StackProblems) {
            again = try other.read([StackReader.File(name: "c", text: Array(text.utf8))])
        } catch {
            throw Broken("what was written is not taken: \(error.problems)\n\(text)")
        }
        try Broken.unless(again.services == definition.services, "other services:\n\(text)")
        try Broken.unless(items(again) == items(definition), "other secrets or configs:\n\(text)")
    }

    /// A tree that is written is read as one that says the same.
    private func written(_ tree: YAMLNode) throws(Broken) {
        let text = tree.yaml
        let again: YAMLNode?
        do throws(ComposeError) {
            again = try YAMLNode.read(Array(text.utf8), file: "written")
        } catch {
            // Aliases, which the limits count once where they stand, are written out.
            guard text.utf8.count <= YAMLLimits.bytes else { return }
            throw Broken("what was written is not read: \(error)\n\(text)")
        }
        try Broken.unless(again.map { Self.isSame($0, tree) } ?? false, "another tree:\n\(text)")
    }

    /// Whether two trees say the same to whoever asks: of a scalar without quotes only that it is nothing, or a truth.
    private static func isSame(_ left: YAMLNode, _ right: YAMLNode) -> Bool {
        switch (left.content, right.content) {
        case (.scalar(let left), .scalar(let right)):
            left.text == right.text && left.isNull == right.isNull && left.truth == right.truth
        case (.sequence(let left), .sequence(let right)):
            left.count == right.count && zip(left, right).allSatisfy(isSame)
        case (.mapping(let left), .mapping(let right)):
            left.pairs.map(\.key) == right.pairs.map(\.key)
                && zip(left.pairs, right.pairs).allSatisfy { isSame($0.value, $1.value) }
        default: false
        }
    }

    private func context(folder: String) -> StackContext {
        StackContext(stack: "s", variables: ["TAG": "$x", "HOME": "/home"], ignoresUnsupported: true, folder: folder) {
            _ in .success(variables)
        }
    }

    private func items(_ definition: StackDefinition) -> [StackDefinition.Item] {
        (definition.secrets + definition.configs).map { item in
            var item = item
            item.mark = Mark("", line: 0, column: 0)
            return item
        }
    }
}

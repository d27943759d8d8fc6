import Model
import Text

/// Understands `--secret` and `--config`: a name, or `source=,target=,uid=,gid=,mode=`.
struct FileReference {
    /// `secret` or `config`.
    let kind: String
    var source = ""
    /// The part of a secret's source after `@`; 0 follows.
    var version: UInt64 = 0
    var target = FileTarget()

    /// - Throws: `Failure` in Docker's words.
    init(_ text: String, kind: String) throws(Failure) {
        self.kind = kind
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if fields.count == 1, !text.contains("=") {
            source = text
        } else {
            for field in fields { try take(field) }
        }
        guard !source.isEmpty else { throw Failure(.invalid, "source is required") }
        if kind == "secret" { try pin() }
        if target.name.isEmpty { target.name = source }
    }

    private mutating func take(_ field: String) throws(Failure) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else {
            throw Failure(.invalid, "invalid field '\(field.printable)' must be a key=value pair")
        }
        switch parts[0].lowercased() {
        case "source", "src": source = parts[1]
        case "target": target.name = parts[1]
        case "uid": target.uid = parts[1]
        case "gid": target.gid = parts[1]
        case "mode": target.mode = try Self.mode(parts[1])
        default: throw Failure(.invalid, "invalid field in \(kind) request: \(parts[0].printable)")
        }
    }

    /// `db@3` is version 3 of `db`.
    private mutating func pin() throws(Failure) {
        let parts = source.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return }
        guard let number = UInt64(parts[1]), number > 0 else {
            throw Failure(
                .invalid, "invalid version in secret request: \(parts[1].printable)", try: "write source=NAME@3")
        }
        source = parts[0]
        version = number
    }

    static func mode(_ text: String) throws(Failure) -> UInt32 {
        do throws(TextError) {
            return try Quantities.read(mode: text)
        } catch {
            throw Failure(.invalid, "\(error)", try: "write it as 0440")
        }
    }

    /// Several references of one kind, of which no two may have one target.
    static func all(_ texts: [String], kind: String) throws(Failure) -> [FileReference] {
        var references: [FileReference] = []
        for text in texts {
            let reference = try FileReference(text, kind: kind)
            if references.contains(where: { $0.target.name == reference.target.name }) {
                throw Failure(.invalid, "duplicate \(kind) target for \(reference.source.printable) not allowed")
            }
            references.append(reference)
        }
        return references
    }

    var secret: SecretReference {
        var reference = SecretReference()
        reference.secretName = source
        reference.target = target
        reference.version = version
        return reference
    }

    var config: ConfigReference {
        var reference = ConfigReference()
        reference.configName = source
        reference.target = target
        return reference
    }
}

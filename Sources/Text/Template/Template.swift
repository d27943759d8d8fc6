/// A text with places to fill in from a JSON value: the part of Go's templates that `--format` is used for.
///
///     {{.Name}}  {{.Spec.Labels}}  {{$.ID}}      fields of the value; `.` is the value itself, `$` the outermost
///     {{range .Members}}…{{else}}…{{end}}        once for each element
///     {{if .Leader}}…{{else if .Voter}}…{{end}}  `with` also makes the condition the value
///     {{json .}}  {{.Name | upper}}              functions; `-` inside a brace trims the white space beside it
///
/// A field that is not there is an error that names those that are, but is empty in a condition.
package struct Template: Sendable {
    /// Size of the text, and how deep blocks and parentheses may nest; bounds the reader's own recursion.
    package enum Limits {
        package static let bytes = 65_536
        package static let depth = 32
    }

    let nodes: [Node]

    /// What a template is made of.
    indirect enum Node: Sendable {
        case text(String)
        case output(Pipeline)
        case choice(Pipeline, then: [Node], otherwise: [Node])
        case with(Pipeline, then: [Node], otherwise: [Node])
        case range(Pipeline, each: [Node], otherwise: [Node])
    }

    /// Calls, of which each gets the result of the one before it as its last argument.
    struct Pipeline: Sendable {
        var calls: [Call]
    }

    /// A function with its arguments, or a lone operand.
    struct Call: Sendable {
        var function: String?
        var operands: [Operand]
    }

    indirect enum Operand: Sendable {
        /// Names to follow from the value, or from the outermost one.
        case field(root: Bool, [String])
        case literal(JSON)
        case pipeline(Pipeline, [String])
    }

    /// - Throws: `TextError.template` saying what is wrong.
    package init(_ text: String) throws(TextError) {
        guard text.utf8.count <= Limits.bytes else {
            throw .template("longer than \(Limits.bytes) bytes")
        }
        var reader = try TemplateReader(text)
        nodes = try reader.document()
    }

    /// Whether it has no blocks: what filling it in costs is then bounded by its own size and that of the value.
    package var isPlain: Bool {
        nodes.allSatisfy { node in
            switch node {
            case .text, .output: true
            case .choice, .with, .range: false
            }
        }
    }

    /// The text for `value`.
    ///
    /// - Throws: `TextError.template` when it asks for what is not there.
    package func fill(_ value: JSON) throws(TextError) -> String {
        var output = ""
        try Evaluation(root: value).run(nodes, value, &output)
        return output
    }

    /// The first names of all fields that are put out, such as `Name` of `{{upper .Name}}`, in order.
    package var fields: [String] {
        var names: [String] = []
        func collect(_ pipeline: Pipeline) {
            for call in pipeline.calls {
                for operand in call.operands {
                    switch operand {
                    case .field(_, let path): if let name = path.last { names.append(name) }
                    case .pipeline(let inner, _): collect(inner)
                    case .literal: break
                    }
                }
            }
        }
        for case .output(let pipeline) in nodes { collect(pipeline) }
        return names
    }
}

// MARK: - Filling in

/// One run of a template over a value.
private struct Evaluation {
    let root: JSON

    func run(_ nodes: [Template.Node], _ value: JSON, _ output: inout String) throws(TextError) {
        for node in nodes {
            switch node {
            case .text(let text): output += text
            case .output(let pipeline): output += TemplateFunctions.show(try evaluate(pipeline, value))
            case .choice(let condition, let then, let otherwise):
                let holds = TemplateFunctions.isTrue(try evaluate(condition, value, lenient: true))
                try run(holds ? then : otherwise, value, &output)
            case .with(let condition, let then, let otherwise):
                let inner = try evaluate(condition, value, lenient: true)
                let holds = TemplateFunctions.isTrue(inner)
                try run(holds ? then : otherwise, holds ? inner : value, &output)
            case .range(let pipeline, let each, let otherwise):
                let elements = try elements(try evaluate(pipeline, value, lenient: true))
                for element in elements { try run(each, element, &output) }
                if elements.isEmpty { try run(otherwise, value, &output) }
            }
        }
    }

    private func elements(_ value: JSON) throws(TextError) -> [JSON] {
        switch value {
        case .array(let elements): return elements
        case .object(let object): return object.values
        case .null: return []
        case .bool, .integer, .number, .string:
            throw .template("range needs a list, not \(TemplateFunctions.show(value))")
        }
    }

    /// `lenient`: what is not there is null instead of an error.
    private func evaluate(
        _ pipeline: Template.Pipeline, _ value: JSON, lenient: Bool = false
    ) throws(TextError) -> JSON {
        var result: JSON?
        for call in pipeline.calls {
            var arguments: [JSON] = []
            for operand in call.operands { arguments.append(try evaluate(operand, value, lenient)) }
            if let result { arguments.append(result) }
            if let function = call.function {
                result = try TemplateFunctions.call(function, arguments)
            } else {
                result = arguments[0]
            }
        }
        return result ?? .null
    }

    private func evaluate(
        _ operand: Template.Operand, _ value: JSON, _ lenient: Bool
    ) throws(TextError) -> JSON {
        switch operand {
        case .literal(let literal): return literal
        case .field(let isRoot, let path): return try follow(path, from: isRoot ? root : value, lenient)
        case .pipeline(let pipeline, let path):
            return try follow(path, from: try evaluate(pipeline, value, lenient: lenient), lenient)
        }
    }

    private func follow(_ path: [String], from start: JSON, _ lenient: Bool) throws(TextError) -> JSON {
        var value = start
        for name in path {
            if let next = value[name] {
                value = next
                continue
            }
            if lenient { return .null }
            guard case .object(let object) = value else {
                throw .template("there is no field .\(name) in \(TemplateFunctions.show(value).truncated(to: 40))")
            }
            let known = object.isEmpty ? "none" : object.keys.map { "." + $0 }.joined(separator: " ")
            throw .template("there is no field .\(name); there are: \(known)")
        }
        return value
    }
}

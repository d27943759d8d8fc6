/// What is wrong with a text that somebody gave us.
package enum TextError: Error, Equatable {
    /// Broken JSON; line and column count from 1, the column in bytes.
    case json(line: Int, column: Int, String)
    /// A broken `--format` template, or one that asks for what is not there.
    case template(String)
    /// Not a duration, byte size or time; the sentence names the text.
    case invalid(String)
}

extension TextError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .json(let line, let column, let reason): "line \(line), column \(column): \(reason)"
        case .template(let reason): "template: \(reason)"
        case .invalid(let reason): reason
        }
    }
}

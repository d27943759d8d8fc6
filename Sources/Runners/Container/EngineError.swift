import Text

/// Why the engine did not do what it was asked.
package enum EngineError: Error, Equatable {
    /// Nobody answers at its socket, or no more: what it was asked may have been done.
    case unreachable(String)
    /// It said no, and why.
    case refused(status: Int, String)
    /// What it said is nothing that an engine says.
    case garbled(String)

    /// Of HTTP; `nil`: it said none.
    var status: Int? { if case .refused(let status, _) = self { status } else { nil } }
    var isMissing: Bool { status == 404 }

    var isUnreachable: Bool { if case .unreachable = self { true } else { false } }

    /// The same, with what could not be done before why.
    func after(_ what: String) -> EngineError {
        guard case .refused(let status, let why) = self else { return self }
        return .refused(status: status, "\(what): \(why)")
    }
}

extension EngineError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let why): "the container engine does not answer: \(why)"
        case .refused(_, let why): why
        case .garbled(let why): "the container engine's answer makes no sense: \(why)"
        }
    }
}

extension String {
    /// What an engine says, fit to be shown in one line.
    var asReason: String {
        let end = lastIndex { !$0.isWhitespace }
        return String(end.map { self[...$0] } ?? "").printable.truncated(to: 500)
    }
}

/// What a stack file can't have, collected so that a person sees all of it at once.
package struct Problem: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// It means nothing, or something that can't be.
        case error
        /// It means something in compose files, and nothing here: refused, or left out when that is asked for.
        case unsupported
        /// It is done, and may surprise.
        case warning
    }

    package var kind: Kind
    package var mark: Mark
    package var message: String
}

/// Takes the problems of one reading.
final class Report {
    private(set) var problems: [Problem] = []
    private var known: Set<Problem> = []

    func error(_ mark: Mark, _ message: String) { add(.error, mark, message) }
    func unsupported(_ mark: Mark, _ message: String) { add(.unsupported, mark, message) }
    func warning(_ mark: Mark, _ message: String) { add(.warning, mark, message) }

    /// Variables that were asked for, and are not set.
    func warn(of missing: [String: Mark]) {
        for (name, mark) in missing.sorted(by: { $0.key < $1.key }) {
            warning(mark, "the variable \(name) is not set; it is taken as empty")
        }
    }

    private func add(_ kind: Problem.Kind, _ mark: Mark, _ message: String) {
        // An anchor that is used twice is wrong once.
        let problem = Problem(kind: kind, mark: mark, message: message)
        if known.insert(problem).inserted { problems.append(problem) }
    }
}

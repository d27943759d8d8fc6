import Model

/// Which nodes a global service should have a task on.
package enum GlobalNodes {
    /// - Parameter hasTask: whether it has one that is meant to run: a paused node keeps what it has, as it is.
    package static func includes(
        _ node: Node, _ spec: TaskSpec, _ constraints: [Constraint], hasTask: Bool
    ) -> Bool {
        guard node.status?.state == .ready, node.hasRunner(for: spec) else { return false }
        switch node.spec?.availability {
        case .drain: return false
        case .pause where !hasTask: return false
        default: return constraints.allSatisfy { $0.matches(node) }
        }
    }
}

extension TaskSpec {
    /// The constraints, read; they were checked when the spec was committed.
    package var constraints: [Constraint] { (placement?.constraints ?? []).compactMap { try? Constraint($0) } }
}

extension Node {
    package func hasRunner(for spec: TaskSpec) -> Bool { description?.runners.contains(spec.runner) ?? false }
}

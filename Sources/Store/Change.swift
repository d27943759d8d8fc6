import Model

/// A kind of object, as watchers are told.
@frozen
package enum ObjectKind: UInt8, Sendable {
    case cluster = 1
    case node = 2
    case secret = 3
    case config = 4
    case service = 5
    case task = 6
}

/// What an entry changed: look the object up to see how it is now, if it is to be acted upon.
package struct Change: Equatable, Sendable {
    package enum Object: Hashable, Sendable {
        case cluster
        case node(NodeID)
        case secret(SecretID)
        case config(ConfigID)
        case service(ServiceID)
        case task(TaskID)

        package var kind: ObjectKind {
            switch self {
            case .cluster: .cluster
            case .node: .node
            case .secret: .secret
            case .config: .config
            case .service: .service
            case .task: .task
            }
        }
    }

    package enum Action: UInt8, Sendable {
        case created = 1
        case updated = 2
        case removed = 3
    }

    package var index: Index
    package var object: Object
    package var action: Action
    /// For a task: where it is assigned, also when it was just removed, so that the dispatcher knows whom to tell.
    package var node = NodeID.none
    /// Of a task, also when it was just removed.
    package var service = ServiceID.none
    // For people who watch: what it was then, since it may be gone.
    package var name = ""
    /// Of a node or task.
    package var state = ""
    package var time = Timestamp.zero
    package var actor: Actor?
}

/// What `apply` did.
package struct Applied: Equatable, Sendable {
    package var index: Index
    /// The verdict: the answer to the request; of one that was executed before, the first answer.
    package var outcome: Outcome
    package var changes: [Change] = []
}

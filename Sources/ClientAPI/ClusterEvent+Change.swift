import Bytes
import Model
import Store

extension ClusterEvent {
    /// A change as watchers are told of it.
    package init(_ change: Change) {
        self.init()
        index = change.index
        time = change.time
        event =
            switch change.action {
            case .created: "create"
            case .updated: "update"
            case .removed: "remove"
            }
        (type, id) =
            switch change.object {
            case .cluster: ("cluster", Bytes())
            case .node(let id): ("node", Self.bytes(id))
            case .secret(let id): ("secret", Self.bytes(id))
            case .config(let id): ("config", Self.bytes(id))
            case .service(let id): ("service", Self.bytes(id))
            case .task(let id): ("task", Self.bytes(id))
            }
        name = change.name
        actor = change.actor
        state = change.state
    }

    private static func bytes<Kind>(_ id: ID<Kind>) -> Bytes {
        unsafe id.withUnsafeBytes { unsafe Bytes($0) }
    }
}

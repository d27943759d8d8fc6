import Bytes
import Wire

/// The body of an entry of kind command. `Proposal` in `proto/command.proto`.
@frozen
public struct Proposal: Message {
    public var actor: Actor?
    /// The manager that forwarded the request; none: the leader was asked itself.
    public var via = NodeID.none
    /// The leader's clock when it proposed.
    public var time = Timestamp.zero
    /// None for the cluster's own commands.
    public var request = RequestID.none
    /// Keyed digest of the request; 16 bytes.
    public var digest = Bytes()
    /// Commit index that the client knew.
    public var known = Index.zero
    /// What is to be done.
    public var command: Command?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.message(1, "actor", &actor)
        try coder.bytes(2, "via", &via)
        try coder.uint64(3, "time", &time)
        try coder.bytes(4, "request", &request)
        try coder.bytes(5, "digest", &digest)
        try coder.uint64(6, "known", &known)
        try coder.oneof("command", &command)
        try coder.unknown(&unknown)
    }
}

/// What is to be done.
public indirect enum Command: OneOf {
    case bootstrap(Bootstrap)
    case createSecret(CreateSecret)
    case updateSecret(UpdateSecret)
    case removeSecret(RemoveSecret)
    case createConfig(CreateConfig)
    case removeConfig(RemoveConfig)
    case createService(CreateService)
    case updateService(UpdateService)
    case removeService(RemoveService)
    case addNode(AddNode)
    case updateNode(UpdateNode)
    case removeNode(RemoveNode)
    case observeNodes(ObserveNodes)
    case approveMember(ApproveMember)
    case changeTasks(ChangeTasks)
    case rotateToken(RotateToken)
    case stagePiece(StagePiece)
    case publishStack(PublishStack)

    @inlinable
    public static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
        try coder.message(16, "bootstrap", &value, Self.bootstrap) {
            if case .bootstrap(let message) = $0 { message } else { nil }
        }
        try coder.message(17, "create_secret", &value, Self.createSecret) {
            if case .createSecret(let message) = $0 { message } else { nil }
        }
        try coder.message(18, "update_secret", &value, Self.updateSecret) {
            if case .updateSecret(let message) = $0 { message } else { nil }
        }
        try coder.message(19, "remove_secret", &value, Self.removeSecret) {
            if case .removeSecret(let message) = $0 { message } else { nil }
        }
        try coder.message(20, "create_config", &value, Self.createConfig) {
            if case .createConfig(let message) = $0 { message } else { nil }
        }
        try coder.message(21, "remove_config", &value, Self.removeConfig) {
            if case .removeConfig(let message) = $0 { message } else { nil }
        }
        try coder.message(22, "create_service", &value, Self.createService) {
            if case .createService(let message) = $0 { message } else { nil }
        }
        try coder.message(23, "update_service", &value, Self.updateService) {
            if case .updateService(let message) = $0 { message } else { nil }
        }
        try coder.message(24, "remove_service", &value, Self.removeService) {
            if case .removeService(let message) = $0 { message } else { nil }
        }
        try coder.message(25, "add_node", &value, Self.addNode) {
            if case .addNode(let message) = $0 { message } else { nil }
        }
        try coder.message(26, "update_node", &value, Self.updateNode) {
            if case .updateNode(let message) = $0 { message } else { nil }
        }
        try coder.message(27, "remove_node", &value, Self.removeNode) {
            if case .removeNode(let message) = $0 { message } else { nil }
        }
        try coder.message(28, "observe_nodes", &value, Self.observeNodes) {
            if case .observeNodes(let message) = $0 { message } else { nil }
        }
        try coder.message(29, "approve_member", &value, Self.approveMember) {
            if case .approveMember(let message) = $0 { message } else { nil }
        }
        try coder.message(30, "change_tasks", &value, Self.changeTasks) {
            if case .changeTasks(let message) = $0 { message } else { nil }
        }
        try coder.message(31, "rotate_token", &value, Self.rotateToken) {
            if case .rotateToken(let message) = $0 { message } else { nil }
        }
        try coder.message(64, "stage_piece", &value, Self.stagePiece) {
            if case .stagePiece(let message) = $0 { message } else { nil }
        }
        try coder.message(65, "publish_stack", &value, Self.publishStack) {
            if case .publishStack(let message) = $0 { message } else { nil }
        }
    }
}

import Wire

/// What is put.
public indirect enum PieceContent: OneOf {
    case secret(PutSecret)
    case config(PutConfig)
    case service(PutService)

    @inlinable
    public static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
        try coder.message(2, "secret", &value, Self.secret) {
            if case .secret(let message) = $0 { message } else { nil }
        }
        try coder.message(3, "config", &value, Self.config) {
            if case .config(let message) = $0 { message } else { nil }
        }
        try coder.message(4, "service", &value, Self.service) {
            if case .service(let message) = $0 { message } else { nil }
        }
    }
}

/// One piece of a deployment of a stack: nothing is seen of it until `DeployStack`. `PutPiece` in
/// `proto/control.proto`.
///
/// A secret, config or service that has the name already is changed then; a value that is the current one makes no
/// version.
@frozen
public struct PutPiece: Message {
    /// The same for all pieces.
    public var deployment = DeploymentID.none
    /// What is put.
    public var piece: PieceContent?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "deployment", &deployment)
        try coder.oneof("piece", &piece)
        try coder.unknown(&unknown)
    }
}

/// Carries out all pieces of a deployment, or none of them. `DeployStack` in `proto/control.proto`.
@frozen
public struct DeployStack: Message {
    public var deployment = DeploymentID.none
    public var stack = ""
    /// How many there must be.
    public var pieces: UInt64 = 0
    /// Removes the stack's services that the deployment does not have.
    public var prune = false
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "deployment", &deployment)
        try coder.string(2, "stack", &stack)
        try coder.uint64(3, "pieces", &pieces)
        try coder.bool(4, "prune", &prune)
        try coder.unknown(&unknown)
    }
}

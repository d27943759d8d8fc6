import Bytes
import Wire

/// A secret of a deployment; its value's envelope, if it has a new value, is the entry's `sealed`. `StagedSecret` in
/// `proto/command.proto`.
@frozen
public struct StagedSecret: Message {
    /// Of the secret that has the name, or of a new one.
    public var id = SecretID.none
    public var spec: SecretSpec?
    /// The version that was current when it was staged; 0: there was no such secret.
    public var current: UInt64 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.uint64(3, "current", &current)
        try coder.unknown(&unknown)
    }
}

/// A config of a deployment. `StagedConfig` in `proto/command.proto`.
@frozen
public struct StagedConfig: Message {
    public var id = ConfigID.none
    public var spec: ConfigSpec?
    public var data = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.bytes(3, "data", &data)
        try coder.unknown(&unknown)
    }
}

/// A service of a deployment; references may give names alone. `StagedService` in `proto/command.proto`.
@frozen
public struct StagedService: Message {
    public var id = ServiceID.none
    public var spec: ServiceSpec?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "spec", &spec)
        try coder.unknown(&unknown)
    }
}

/// What is staged.
public indirect enum StagedPiece: OneOf {
    case secret(StagedSecret)
    case config(StagedConfig)
    case service(StagedService)

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

/// One piece of a deployment, held back until all of them are published together. A piece that nobody publishes
/// within ten minutes is dropped. `StagePiece` in `proto/command.proto`.
@frozen
public struct StagePiece: Message {
    /// Drawn by the client; 16 bytes.
    public var deployment = DeploymentID.none
    /// What is staged.
    public var piece: StagedPiece?
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

/// Carries out all pieces of a deployment, or none of them. `PublishStack` in `proto/command.proto`.
@frozen
public struct PublishStack: Message {
    public var deployment = DeploymentID.none
    public var stack = ""
    /// How many there must be.
    public var pieces: UInt64 = 0
    /// Services of the stack that the deployment does not have are removed.
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

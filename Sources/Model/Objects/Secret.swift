import Bytes
import Wire

/// An outside provider or template engine, by name. `Driver` in `proto/model.proto`.
@frozen
public struct Driver: Message {
    public var name = ""
    public var options = StringMap()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.map(2, "options", &options)
        try coder.unknown(&unknown)
    }
}

/// What a user asked of a secret; never its value. `SecretSpec` in `proto/model.proto`.
@frozen
public struct SecretSpec: Message {
    /// At most 64 bytes.
    public var name = ""
    /// At most 64 KiB in all.
    public var labels = StringMap()
    public var driver: Driver?
    public var templating: Driver?
    /// Versions kept; 0: ten.
    public var keep: UInt32 = 0
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.map(2, "labels", &labels)
        try coder.message(3, "driver", &driver)
        try coder.message(4, "templating", &templating)
        try coder.uint32(5, "keep", &keep)
        try coder.unknown(&unknown)
    }
}

/// One issue of a secret, which never changes. `SecretVersion` in `proto/model.proto`.
@frozen
public struct SecretVersion: Message {
    /// From 1, without gaps in the order of updates.
    public var number: UInt64 = 0
    public var created = Timestamp.zero
    /// The value in its `ValueEnvelope`; opaque to the store, and never compressed.
    public var sealed = Bytes()
    public var actor: Actor?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.uint64(1, "number", &number)
        try coder.uint64(2, "created", &created)
        try coder.bytes(3, "sealed", &sealed)
        try coder.message(4, "actor", &actor)
        try coder.unknown(&unknown)
    }
}

/// A named object with numbered values. `Secret` in `proto/model.proto`.
@frozen
public struct Secret: Message {
    public var id = SecretID.none
    public var meta: Meta?
    public var spec: SecretSpec?
    /// Ascending; the last is the current one.
    public var versions: [SecretVersion] = []
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "meta", &meta)
        try coder.message(3, "spec", &spec)
        try coder.messages(4, "versions", &versions)
        try coder.unknown(&unknown)
    }
}

import Bytes
import Wire

/// What a user asked of a config. `ConfigSpec` in `proto/model.proto`.
@frozen
public struct ConfigSpec: Message {
    public var name = ""
    public var labels = StringMap()
    public var templating: Driver?
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.map(2, "labels", &labels)
        try coder.message(3, "templating", &templating)
        try coder.unknown(&unknown)
    }
}

/// A named file that may be read back. `Config` in `proto/model.proto`.
@frozen
public struct Config: Message {
    public var id = ConfigID.none
    public var meta: Meta?
    public var spec: ConfigSpec?
    /// 1 … 1,023,999 bytes.
    public var data = Bytes()
    public var unknown = UnknownFields()

    @inlinable
    public init() {}

    @inlinable
    public mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "meta", &meta)
        try coder.message(3, "spec", &spec)
        try coder.bytes(4, "data", &data)
        try coder.unknown(&unknown)
    }
}

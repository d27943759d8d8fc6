import Bytes
import Wire

/// What a user asked of a config. `ConfigSpec` in `proto/model.proto`.
package struct ConfigSpec: Message {
    package var name = ""
    package var labels = StringMap()
    package var templating: Driver?
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.string(1, "name", &name)
        try coder.map(2, "labels", &labels)
        try coder.message(3, "templating", &templating)
        try coder.unknown(&unknown)
    }
}

/// A named file that may be read back. `Config` in `proto/model.proto`.
package struct Config: Message {
    package var id = ConfigID.none
    package var meta: Meta?
    package var spec: ConfigSpec?
    /// 1 … 1,023,999 bytes.
    package var data = Bytes()
    package var unknown = UnknownFields()

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.bytes(1, "id", &id)
        try coder.message(2, "meta", &meta)
        try coder.message(3, "spec", &spec)
        try coder.bytes(4, "data", &data)
        try coder.unknown(&unknown)
    }
}

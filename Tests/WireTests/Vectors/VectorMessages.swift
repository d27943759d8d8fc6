import Bytes
import Conformance
import Wire

/// The messages of `vectors.proto`: every scalar type in every position.
enum VectorMessages {
    struct Scalars: Message {
        var double = Double(0)
        var float = Float(0)
        var int32 = Int32(0)
        var int64 = Int64(0)
        var uint32 = UInt32(0)
        var uint64 = UInt64(0)
        var sint32 = Int32(0)
        var sint64 = Int64(0)
        var fixed32 = UInt32(0)
        var fixed64 = UInt64(0)
        var sfixed32 = Int32(0)
        var sfixed64 = Int64(0)
        var bool = false
        var string = ""
        var bytes = Bytes()
        var color = Color(rawValue: 0)
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.double(1, "f_double", &double)
            try coder.float(2, "f_float", &float)
            try coder.int32(3, "f_int32", &int32)
            try coder.int64(4, "f_int64", &int64)
            try coder.uint32(5, "f_uint32", &uint32)
            try coder.uint64(6, "f_uint64", &uint64)
            try coder.sint32(7, "f_sint32", &sint32)
            try coder.sint64(8, "f_sint64", &sint64)
            try coder.fixed32(9, "f_fixed32", &fixed32)
            try coder.fixed64(10, "f_fixed64", &fixed64)
            try coder.sfixed32(11, "f_sfixed32", &sfixed32)
            try coder.sfixed64(12, "f_sfixed64", &sfixed64)
            try coder.bool(13, "f_bool", &bool)
            try coder.string(14, "f_string", &string)
            try coder.bytes(15, "f_bytes", &bytes)
            try coder.enumeration(16, "f_color", &color)
            try coder.unknown(&unknown)
        }
    }

    struct Optionals: Message {
        var double: Double?
        var float: Float?
        var int32: Int32?
        var int64: Int64?
        var uint32: UInt32?
        var uint64: UInt64?
        var sint32: Int32?
        var sint64: Int64?
        var fixed32: UInt32?
        var fixed64: UInt64?
        var sfixed32: Int32?
        var sfixed64: Int64?
        var bool: Bool?
        var string: String?
        var bytes: Bytes?
        var color: Color?
        var node: Node?
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.double(1, "f_double", &double)
            try coder.float(2, "f_float", &float)
            try coder.int32(3, "f_int32", &int32)
            try coder.int64(4, "f_int64", &int64)
            try coder.uint32(5, "f_uint32", &uint32)
            try coder.uint64(6, "f_uint64", &uint64)
            try coder.sint32(7, "f_sint32", &sint32)
            try coder.sint64(8, "f_sint64", &sint64)
            try coder.fixed32(9, "f_fixed32", &fixed32)
            try coder.fixed64(10, "f_fixed64", &fixed64)
            try coder.sfixed32(11, "f_sfixed32", &sfixed32)
            try coder.sfixed64(12, "f_sfixed64", &sfixed64)
            try coder.bool(13, "f_bool", &bool)
            try coder.string(14, "f_string", &string)
            try coder.bytes(15, "f_bytes", &bytes)
            try coder.enumeration(16, "f_color", &color)
            try coder.message(17, "f_node", &node)
            try coder.unknown(&unknown)
        }
    }

    struct Packed: Message {
        var double: [Double] = []
        var float: [Float] = []
        var int32: [Int32] = []
        var int64: [Int64] = []
        var uint32: [UInt32] = []
        var uint64: [UInt64] = []
        var sint32: [Int32] = []
        var sint64: [Int64] = []
        var fixed32: [UInt32] = []
        var fixed64: [UInt64] = []
        var sfixed32: [Int32] = []
        var sfixed64: [Int64] = []
        var bool: [Bool] = []
        var string: [String] = []
        var bytes: [Bytes] = []
        var color: [Color] = []
        var node: [Node] = []
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.doubles(1, "f_double", &double)
            try coder.floats(2, "f_float", &float)
            try coder.int32s(3, "f_int32", &int32)
            try coder.int64s(4, "f_int64", &int64)
            try coder.uint32s(5, "f_uint32", &uint32)
            try coder.uint64s(6, "f_uint64", &uint64)
            try coder.sint32s(7, "f_sint32", &sint32)
            try coder.sint64s(8, "f_sint64", &sint64)
            try coder.fixed32s(9, "f_fixed32", &fixed32)
            try coder.fixed64s(10, "f_fixed64", &fixed64)
            try coder.sfixed32s(11, "f_sfixed32", &sfixed32)
            try coder.sfixed64s(12, "f_sfixed64", &sfixed64)
            try coder.bools(13, "f_bool", &bool)
            try coder.strings(14, "f_string", &string)
            try coder.bytes(15, "f_bytes", &bytes)
            try coder.enumerations(16, "f_color", &color)
            try coder.messages(17, "f_node", &node)
            try coder.unknown(&unknown)
        }
    }

    struct Unpacked: Message {
        var double: [Double] = []
        var float: [Float] = []
        var int32: [Int32] = []
        var int64: [Int64] = []
        var uint32: [UInt32] = []
        var uint64: [UInt64] = []
        var sint32: [Int32] = []
        var sint64: [Int64] = []
        var fixed32: [UInt32] = []
        var fixed64: [UInt64] = []
        var sfixed32: [Int32] = []
        var sfixed64: [Int64] = []
        var bool: [Bool] = []
        var color: [Color] = []
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.repeated(DoubleKind.self, 1, "f_double", &double, packed: false)
            try coder.repeated(FloatKind.self, 2, "f_float", &float, packed: false)
            try coder.repeated(Int32Kind.self, 3, "f_int32", &int32, packed: false)
            try coder.repeated(Int64Kind.self, 4, "f_int64", &int64, packed: false)
            try coder.repeated(UInt32Kind.self, 5, "f_uint32", &uint32, packed: false)
            try coder.repeated(UInt64Kind.self, 6, "f_uint64", &uint64, packed: false)
            try coder.repeated(SInt32Kind.self, 7, "f_sint32", &sint32, packed: false)
            try coder.repeated(SInt64Kind.self, 8, "f_sint64", &sint64, packed: false)
            try coder.repeated(Fixed32Kind.self, 9, "f_fixed32", &fixed32, packed: false)
            try coder.repeated(Fixed64Kind.self, 10, "f_fixed64", &fixed64, packed: false)
            try coder.repeated(SFixed32Kind.self, 11, "f_sfixed32", &sfixed32, packed: false)
            try coder.repeated(SFixed64Kind.self, 12, "f_sfixed64", &sfixed64, packed: false)
            try coder.repeated(BoolKind.self, 13, "f_bool", &bool, packed: false)
            try coder.repeated(EnumKind<Color>.self, 16, "f_color", &color, packed: false)
            try coder.unknown(&unknown)
        }
    }

    struct Maps: Message {
        var labels = SortedMap<String, String>()
        var i32 = SortedMap<Int32, Int64>()
        var i64 = SortedMap<Int64, Int32>()
        var u32 = SortedMap<UInt32, UInt64>()
        var u64 = SortedMap<UInt64, UInt32>()
        var s32 = SortedMap<Int32, Int64>()
        var s64 = SortedMap<Int64, Int32>()
        var x32 = SortedMap<UInt32, UInt64>()
        var x64 = SortedMap<UInt64, UInt32>()
        var sx32 = SortedMap<Int32, Float>()
        var sx64 = SortedMap<Int64, Double>()
        var flags = SortedMap<Bool, Bool>()
        var blobs = SortedMap<String, Bytes>()
        var nodes = SortedMap<String, Node>()
        var colors = SortedMap<String, Color>()
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.map(StringKind.self, StringKind.self, 1, "labels", &labels)
            try coder.map(Int32Kind.self, Int64Kind.self, 2, "i32", &i32)
            try coder.map(Int64Kind.self, Int32Kind.self, 3, "i64", &i64)
            try coder.map(UInt32Kind.self, UInt64Kind.self, 4, "u32", &u32)
            try coder.map(UInt64Kind.self, UInt32Kind.self, 5, "u64", &u64)
            try coder.map(SInt32Kind.self, SInt64Kind.self, 6, "s32", &s32)
            try coder.map(SInt64Kind.self, SInt32Kind.self, 7, "s64", &s64)
            try coder.map(Fixed32Kind.self, Fixed64Kind.self, 8, "x32", &x32)
            try coder.map(Fixed64Kind.self, Fixed32Kind.self, 9, "x64", &x64)
            try coder.map(SFixed32Kind.self, FloatKind.self, 10, "sx32", &sx32)
            try coder.map(SFixed64Kind.self, DoubleKind.self, 11, "sx64", &sx64)
            try coder.map(BoolKind.self, BoolKind.self, 12, "flags", &flags)
            try coder.map(StringKind.self, BytesKind.self, 13, "blobs", &blobs)
            try coder.map(StringKind.self, MessageKind<Node>.self, 14, "nodes", &nodes)
            try coder.map(StringKind.self, EnumKind<Color>.self, 15, "colors", &colors)
            try coder.unknown(&unknown)
        }
    }

    struct Choice: Message {
        var before = UInt32(0)
        var value: Value?
        var after = UInt32(0)
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.uint32(1, "before", &before)
            try coder.oneof("value", &value)
            try coder.uint32(11, "after", &after)
            try coder.unknown(&unknown)
        }

        enum Value: OneOf {
            case number(Int64)
            case text(String)
            case raw(Bytes)
            case flag(Bool)
            case ratio(Double)
            case color(Color)
            case node(Node)
            case nothing(Empty)
            case small(Int32)

            static func members<C: OneOfCoder>(_ coder: inout C, _ value: inout Self?) throws(WireError) {
                try coder.int64(2, "number", &value, Self.number) {
                    if case .number(let payload) = $0 { payload } else { nil }
                }
                try coder.string(3, "text", &value, Self.text) {
                    if case .text(let payload) = $0 { payload } else { nil }
                }
                try coder.bytes(4, "raw", &value, Self.raw) { if case .raw(let payload) = $0 { payload } else { nil } }
                try coder.bool(5, "flag", &value, Self.flag) {
                    if case .flag(let payload) = $0 { payload } else { nil }
                }
                try coder.double(6, "ratio", &value, Self.ratio) {
                    if case .ratio(let payload) = $0 { payload } else { nil }
                }
                try coder.enumeration(7, "color", &value, Self.color) {
                    if case .color(let payload) = $0 { payload } else { nil }
                }
                try coder.message(8, "node", &value, Self.node) {
                    if case .node(let payload) = $0 { payload } else { nil }
                }
                try coder.message(9, "nothing", &value, Self.nothing) {
                    if case .nothing(let payload) = $0 { payload } else { nil }
                }
                try coder.sfixed32(10, "small", &value, Self.small) {
                    if case .small(let payload) = $0 { payload } else { nil }
                }
            }
        }
    }

    struct Node: Message {
        var name = ""
        var weight = Int32(0)
        private var childOrNone: [Node] = []
        var children: [Node] = []
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.string(1, "name", &name)
            try coder.int32(2, "weight", &weight)
            try coder.boxed(3, "child", &childOrNone)
            try coder.messages(4, "children", &children)
            try coder.unknown(&unknown)
        }

        /// A struct can't hold one of its kind in place.
        var child: Node? {
            get { childOrNone.first }
            set { childOrNone = newValue.map { [$0] } ?? [] }
        }
    }

    struct Empty: Message {
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.unknown(&unknown)
        }
    }

    struct Numbers: Message {
        var f15 = UInt32(0)
        var f16 = UInt32(0)
        var f2047 = UInt32(0)
        var f2048 = ""
        var f262143 = UInt32(0)
        var f262144 = Bytes()
        var f536870911 = UInt64(0)
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.uint32(15, "f15", &f15)
            try coder.uint32(16, "f16", &f16)
            try coder.uint32(2047, "f2047", &f2047)
            try coder.string(2048, "f2048", &f2048)
            try coder.fixed32(262143, "f262143", &f262143)
            try coder.bytes(262144, "f262144", &f262144)
            try coder.uint64(536870911, "f536870911", &f536870911)
            try coder.unknown(&unknown)
        }
    }

    struct Narrow: Message {
        var int32 = Int32(0)
        var string = ""
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.int32(3, "f_int32", &int32)
            try coder.string(14, "f_string", &string)
            try coder.unknown(&unknown)
        }
    }

    struct Everything: Message {
        var scalars: Scalars?
        var optionals: Optionals?
        var packed: Packed?
        var unpacked: Unpacked?
        var maps: Maps?
        var choice: Choice?
        var node: Node?
        var numbers: Numbers?
        var rows: [Scalars] = []
        var unknown = UnknownFields()

        mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
            try coder.message(1, "scalars", &scalars)
            try coder.message(2, "optionals", &optionals)
            try coder.message(3, "packed", &packed)
            try coder.message(4, "unpacked", &unpacked)
            try coder.message(5, "maps", &maps)
            try coder.message(6, "choice", &choice)
            try coder.message(7, "node", &node)
            try coder.message(8, "numbers", &numbers)
            try coder.messages(9, "rows", &rows)
            try coder.unknown(&unknown)
        }
    }
}

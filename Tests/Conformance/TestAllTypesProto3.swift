import Bytes
import Wire

/// What the public conformance suite sends: every scalar type in every position. From `test_messages_proto3.proto`.
///
/// A message of its suite keeps what it does not know.
package struct TestAllTypesProto3: Message {
    package var optionalInt32 = Int32(0)
    package var optionalInt64 = Int64(0)
    package var optionalUint32 = UInt32(0)
    package var optionalUint64 = UInt64(0)
    package var optionalSint32 = Int32(0)
    package var optionalSint64 = Int64(0)
    package var optionalFixed32 = UInt32(0)
    package var optionalFixed64 = UInt64(0)
    package var optionalSfixed32 = Int32(0)
    package var optionalSfixed64 = Int64(0)
    package var optionalFloat = Float(0)
    package var optionalDouble = Double(0)
    package var optionalBool = false
    package var optionalString = ""
    package var optionalBytes = Bytes()
    package var optionalNestedMessage: NestedMessage?
    package var optionalForeignMessage: ForeignMessage?
    package var optionalNestedEnum = NestedEnum(rawValue: 0)
    package var optionalForeignEnum = ForeignEnum(rawValue: 0)
    package var optionalAliasedEnum = AliasedEnum(rawValue: 0)
    package var optionalStringPiece = ""
    package var optionalCord = ""
    /// One or none.
    package var recursiveMessage: [TestAllTypesProto3] = []
    package var repeatedInt32: [Int32] = []
    package var repeatedInt64: [Int64] = []
    package var repeatedUint32: [UInt32] = []
    package var repeatedUint64: [UInt64] = []
    package var repeatedSint32: [Int32] = []
    package var repeatedSint64: [Int64] = []
    package var repeatedFixed32: [UInt32] = []
    package var repeatedFixed64: [UInt64] = []
    package var repeatedSfixed32: [Int32] = []
    package var repeatedSfixed64: [Int64] = []
    package var repeatedFloat: [Float] = []
    package var repeatedDouble: [Double] = []
    package var repeatedBool: [Bool] = []
    package var repeatedString: [String] = []
    package var repeatedBytes: [Bytes] = []
    package var repeatedNestedMessage: [NestedMessage] = []
    package var repeatedForeignMessage: [ForeignMessage] = []
    package var repeatedNestedEnum: [NestedEnum] = []
    package var repeatedForeignEnum: [ForeignEnum] = []
    package var repeatedStringPiece: [String] = []
    package var repeatedCord: [String] = []
    package var mapInt32Int32 = SortedMap<Int32, Int32>()
    package var mapInt64Int64 = SortedMap<Int64, Int64>()
    package var mapUint32Uint32 = SortedMap<UInt32, UInt32>()
    package var mapUint64Uint64 = SortedMap<UInt64, UInt64>()
    package var mapSint32Sint32 = SortedMap<Int32, Int32>()
    package var mapSint64Sint64 = SortedMap<Int64, Int64>()
    package var mapFixed32Fixed32 = SortedMap<UInt32, UInt32>()
    package var mapFixed64Fixed64 = SortedMap<UInt64, UInt64>()
    package var mapSfixed32Sfixed32 = SortedMap<Int32, Int32>()
    package var mapSfixed64Sfixed64 = SortedMap<Int64, Int64>()
    package var mapInt32Float = SortedMap<Int32, Float>()
    package var mapInt32Double = SortedMap<Int32, Double>()
    package var mapBoolBool = SortedMap<Bool, Bool>()
    package var mapStringString = SortedMap<String, String>()
    package var mapStringBytes = SortedMap<String, Bytes>()
    package var mapStringNestedMessage = SortedMap<String, NestedMessage>()
    package var mapStringForeignMessage = SortedMap<String, ForeignMessage>()
    package var mapStringNestedEnum = SortedMap<String, NestedEnum>()
    package var mapStringForeignEnum = SortedMap<String, ForeignEnum>()
    package var packedInt32: [Int32] = []
    package var packedInt64: [Int64] = []
    package var packedUint32: [UInt32] = []
    package var packedUint64: [UInt64] = []
    package var packedSint32: [Int32] = []
    package var packedSint64: [Int64] = []
    package var packedFixed32: [UInt32] = []
    package var packedFixed64: [UInt64] = []
    package var packedSfixed32: [Int32] = []
    package var packedSfixed64: [Int64] = []
    package var packedFloat: [Float] = []
    package var packedDouble: [Double] = []
    package var packedBool: [Bool] = []
    package var packedNestedEnum: [NestedEnum] = []
    package var unpackedInt32: [Int32] = []
    package var unpackedInt64: [Int64] = []
    package var unpackedUint32: [UInt32] = []
    package var unpackedUint64: [UInt64] = []
    package var unpackedSint32: [Int32] = []
    package var unpackedSint64: [Int64] = []
    package var unpackedFixed32: [UInt32] = []
    package var unpackedFixed64: [UInt64] = []
    package var unpackedSfixed32: [Int32] = []
    package var unpackedSfixed64: [Int64] = []
    package var unpackedFloat: [Float] = []
    package var unpackedDouble: [Double] = []
    package var unpackedBool: [Bool] = []
    package var unpackedNestedEnum: [NestedEnum] = []
    package var oneofField: OneOfField?
    package var optionalBoolWrapper: BoolValue?
    package var optionalInt32Wrapper: Int32Value?
    package var optionalInt64Wrapper: Int64Value?
    package var optionalUint32Wrapper: UInt32Value?
    package var optionalUint64Wrapper: UInt64Value?
    package var optionalFloatWrapper: FloatValue?
    package var optionalDoubleWrapper: DoubleValue?
    package var optionalStringWrapper: StringValue?
    package var optionalBytesWrapper: BytesValue?
    package var repeatedBoolWrapper: [BoolValue] = []
    package var repeatedInt32Wrapper: [Int32Value] = []
    package var repeatedInt64Wrapper: [Int64Value] = []
    package var repeatedUint32Wrapper: [UInt32Value] = []
    package var repeatedUint64Wrapper: [UInt64Value] = []
    package var repeatedFloatWrapper: [FloatValue] = []
    package var repeatedDoubleWrapper: [DoubleValue] = []
    package var repeatedStringWrapper: [StringValue] = []
    package var repeatedBytesWrapper: [BytesValue] = []
    package var optionalDuration: Duration?
    package var optionalTimestamp: Timestamp?
    package var optionalFieldMask: FieldMask?
    package var optionalStruct: Structure?
    package var optionalAny: AnyMessage?
    package var optionalValue: Value?
    package var optionalNullValue = NullValue(rawValue: 0)
    package var repeatedDuration: [Duration] = []
    package var repeatedTimestamp: [Timestamp] = []
    package var repeatedFieldmask: [FieldMask] = []
    package var repeatedAny: [AnyMessage] = []
    package var repeatedValue: [Value] = []
    package var repeatedListValue: [ListValue] = []
    package var repeatedStruct: [Structure] = []
    package var name1 = Int32(0)
    package var name2 = Int32(0)
    package var name3 = Int32(0)
    package var name4 = Int32(0)
    package var name5 = Int32(0)
    package var name6 = Int32(0)
    package var name7 = Int32(0)
    package var name8 = Int32(0)
    package var name9 = Int32(0)
    package var name10 = Int32(0)
    package var name11 = Int32(0)
    package var name12 = Int32(0)
    package var name13 = Int32(0)
    package var name14 = Int32(0)
    package var name15 = Int32(0)
    package var name16 = Int32(0)
    package var name17 = Int32(0)
    package var name18 = Int32(0)
    package var unknown = UnknownFields()

    package static var messageName: String { "protobuf_test_messages.proto3.TestAllTypesProto3" }

    package init() {}

    package mutating func fields<C: Coder>(_ coder: inout C) throws(WireError) {
        try coder.int32(1, "optional_int32", &optionalInt32)
        try coder.int64(2, "optional_int64", &optionalInt64)
        try coder.uint32(3, "optional_uint32", &optionalUint32)
        try coder.uint64(4, "optional_uint64", &optionalUint64)
        try coder.sint32(5, "optional_sint32", &optionalSint32)
        try coder.sint64(6, "optional_sint64", &optionalSint64)
        try coder.fixed32(7, "optional_fixed32", &optionalFixed32)
        try coder.fixed64(8, "optional_fixed64", &optionalFixed64)
        try coder.sfixed32(9, "optional_sfixed32", &optionalSfixed32)
        try coder.sfixed64(10, "optional_sfixed64", &optionalSfixed64)
        try coder.float(11, "optional_float", &optionalFloat)
        try coder.double(12, "optional_double", &optionalDouble)
        try coder.bool(13, "optional_bool", &optionalBool)
        try coder.string(14, "optional_string", &optionalString)
        try coder.bytes(15, "optional_bytes", &optionalBytes)
        try coder.message(18, "optional_nested_message", &optionalNestedMessage)
        try coder.message(19, "optional_foreign_message", &optionalForeignMessage)
        try coder.enumeration(21, "optional_nested_enum", &optionalNestedEnum)
        try coder.enumeration(22, "optional_foreign_enum", &optionalForeignEnum)
        try coder.enumeration(23, "optional_aliased_enum", &optionalAliasedEnum)
        try coder.string(24, "optional_string_piece", &optionalStringPiece)
        try coder.string(25, "optional_cord", &optionalCord)
        try coder.boxed(27, "recursive_message", &recursiveMessage)
        try coder.int32s(31, "repeated_int32", &repeatedInt32)
        try coder.int64s(32, "repeated_int64", &repeatedInt64)
        try coder.uint32s(33, "repeated_uint32", &repeatedUint32)
        try coder.uint64s(34, "repeated_uint64", &repeatedUint64)
        try coder.sint32s(35, "repeated_sint32", &repeatedSint32)
        try coder.sint64s(36, "repeated_sint64", &repeatedSint64)
        try coder.fixed32s(37, "repeated_fixed32", &repeatedFixed32)
        try coder.fixed64s(38, "repeated_fixed64", &repeatedFixed64)
        try coder.sfixed32s(39, "repeated_sfixed32", &repeatedSfixed32)
        try coder.sfixed64s(40, "repeated_sfixed64", &repeatedSfixed64)
        try coder.floats(41, "repeated_float", &repeatedFloat)
        try coder.doubles(42, "repeated_double", &repeatedDouble)
        try coder.bools(43, "repeated_bool", &repeatedBool)
        try coder.strings(44, "repeated_string", &repeatedString)
        try coder.bytes(45, "repeated_bytes", &repeatedBytes)
        try coder.messages(48, "repeated_nested_message", &repeatedNestedMessage)
        try coder.messages(49, "repeated_foreign_message", &repeatedForeignMessage)
        try coder.enumerations(51, "repeated_nested_enum", &repeatedNestedEnum)
        try coder.enumerations(52, "repeated_foreign_enum", &repeatedForeignEnum)
        try coder.strings(54, "repeated_string_piece", &repeatedStringPiece)
        try coder.strings(55, "repeated_cord", &repeatedCord)
        try coder.map(Int32Kind.self, Int32Kind.self, 56, "map_int32_int32", &mapInt32Int32)
        try coder.map(Int64Kind.self, Int64Kind.self, 57, "map_int64_int64", &mapInt64Int64)
        try coder.map(UInt32Kind.self, UInt32Kind.self, 58, "map_uint32_uint32", &mapUint32Uint32)
        try coder.map(UInt64Kind.self, UInt64Kind.self, 59, "map_uint64_uint64", &mapUint64Uint64)
        try coder.map(SInt32Kind.self, SInt32Kind.self, 60, "map_sint32_sint32", &mapSint32Sint32)
        try coder.map(SInt64Kind.self, SInt64Kind.self, 61, "map_sint64_sint64", &mapSint64Sint64)
        try coder.map(Fixed32Kind.self, Fixed32Kind.self, 62, "map_fixed32_fixed32", &mapFixed32Fixed32)
        try coder.map(Fixed64Kind.self, Fixed64Kind.self, 63, "map_fixed64_fixed64", &mapFixed64Fixed64)
        try coder.map(SFixed32Kind.self, SFixed32Kind.self, 64, "map_sfixed32_sfixed32", &mapSfixed32Sfixed32)
        try coder.map(SFixed64Kind.self, SFixed64Kind.self, 65, "map_sfixed64_sfixed64", &mapSfixed64Sfixed64)
        try coder.map(Int32Kind.self, FloatKind.self, 66, "map_int32_float", &mapInt32Float)
        try coder.map(Int32Kind.self, DoubleKind.self, 67, "map_int32_double", &mapInt32Double)
        try coder.map(BoolKind.self, BoolKind.self, 68, "map_bool_bool", &mapBoolBool)
        try coder.map(StringKind.self, StringKind.self, 69, "map_string_string", &mapStringString)
        try coder.map(StringKind.self, BytesKind.self, 70, "map_string_bytes", &mapStringBytes)
        try coder.map(
            StringKind.self, MessageKind<NestedMessage>.self, 71, "map_string_nested_message", &mapStringNestedMessage)
        try coder.map(
            StringKind.self, MessageKind<ForeignMessage>.self, 72, "map_string_foreign_message",
            &mapStringForeignMessage)
        try coder.map(StringKind.self, EnumKind<NestedEnum>.self, 73, "map_string_nested_enum", &mapStringNestedEnum)
        try coder.map(StringKind.self, EnumKind<ForeignEnum>.self, 74, "map_string_foreign_enum", &mapStringForeignEnum)
        try coder.int32s(75, "packed_int32", &packedInt32)
        try coder.int64s(76, "packed_int64", &packedInt64)
        try coder.uint32s(77, "packed_uint32", &packedUint32)
        try coder.uint64s(78, "packed_uint64", &packedUint64)
        try coder.sint32s(79, "packed_sint32", &packedSint32)
        try coder.sint64s(80, "packed_sint64", &packedSint64)
        try coder.fixed32s(81, "packed_fixed32", &packedFixed32)
        try coder.fixed64s(82, "packed_fixed64", &packedFixed64)
        try coder.sfixed32s(83, "packed_sfixed32", &packedSfixed32)
        try coder.sfixed64s(84, "packed_sfixed64", &packedSfixed64)
        try coder.floats(85, "packed_float", &packedFloat)
        try coder.doubles(86, "packed_double", &packedDouble)
        try coder.bools(87, "packed_bool", &packedBool)
        try coder.enumerations(88, "packed_nested_enum", &packedNestedEnum)
        try coder.repeated(Int32Kind.self, 89, "unpacked_int32", &unpackedInt32, packed: false)
        try coder.repeated(Int64Kind.self, 90, "unpacked_int64", &unpackedInt64, packed: false)
        try coder.repeated(UInt32Kind.self, 91, "unpacked_uint32", &unpackedUint32, packed: false)
        try coder.repeated(UInt64Kind.self, 92, "unpacked_uint64", &unpackedUint64, packed: false)
        try coder.repeated(SInt32Kind.self, 93, "unpacked_sint32", &unpackedSint32, packed: false)
        try coder.repeated(SInt64Kind.self, 94, "unpacked_sint64", &unpackedSint64, packed: false)
        try coder.repeated(Fixed32Kind.self, 95, "unpacked_fixed32", &unpackedFixed32, packed: false)
        try coder.repeated(Fixed64Kind.self, 96, "unpacked_fixed64", &unpackedFixed64, packed: false)
        try coder.repeated(SFixed32Kind.self, 97, "unpacked_sfixed32", &unpackedSfixed32, packed: false)
        try coder.repeated(SFixed64Kind.self, 98, "unpacked_sfixed64", &unpackedSfixed64, packed: false)
        try coder.repeated(FloatKind.self, 99, "unpacked_float", &unpackedFloat, packed: false)
        try coder.repeated(DoubleKind.self, 100, "unpacked_double", &unpackedDouble, packed: false)
        try coder.repeated(BoolKind.self, 101, "unpacked_bool", &unpackedBool, packed: false)
        try coder.repeated(EnumKind<NestedEnum>.self, 102, "unpacked_nested_enum", &unpackedNestedEnum, packed: false)
        try coder.oneof("oneof_field", &oneofField)
        try coder.message(201, "optional_bool_wrapper", &optionalBoolWrapper)
        try coder.message(202, "optional_int32_wrapper", &optionalInt32Wrapper)
        try coder.message(203, "optional_int64_wrapper", &optionalInt64Wrapper)
        try coder.message(204, "optional_uint32_wrapper", &optionalUint32Wrapper)
        try coder.message(205, "optional_uint64_wrapper", &optionalUint64Wrapper)
        try coder.message(206, "optional_float_wrapper", &optionalFloatWrapper)
        try coder.message(207, "optional_double_wrapper", &optionalDoubleWrapper)
        try coder.message(208, "optional_string_wrapper", &optionalStringWrapper)
        try coder.message(209, "optional_bytes_wrapper", &optionalBytesWrapper)
        try coder.messages(211, "repeated_bool_wrapper", &repeatedBoolWrapper)
        try coder.messages(212, "repeated_int32_wrapper", &repeatedInt32Wrapper)
        try coder.messages(213, "repeated_int64_wrapper", &repeatedInt64Wrapper)
        try coder.messages(214, "repeated_uint32_wrapper", &repeatedUint32Wrapper)
        try coder.messages(215, "repeated_uint64_wrapper", &repeatedUint64Wrapper)
        try coder.messages(216, "repeated_float_wrapper", &repeatedFloatWrapper)
        try coder.messages(217, "repeated_double_wrapper", &repeatedDoubleWrapper)
        try coder.messages(218, "repeated_string_wrapper", &repeatedStringWrapper)
        try coder.messages(219, "repeated_bytes_wrapper", &repeatedBytesWrapper)
        try coder.message(301, "optional_duration", &optionalDuration)
        try coder.message(302, "optional_timestamp", &optionalTimestamp)
        try coder.message(303, "optional_field_mask", &optionalFieldMask)
        try coder.message(304, "optional_struct", &optionalStruct)
        try coder.message(305, "optional_any", &optionalAny)
        try coder.message(306, "optional_value", &optionalValue)
        try coder.enumeration(307, "optional_null_value", &optionalNullValue)
        try coder.messages(311, "repeated_duration", &repeatedDuration)
        try coder.messages(312, "repeated_timestamp", &repeatedTimestamp)
        try coder.messages(313, "repeated_fieldmask", &repeatedFieldmask)
        try coder.messages(315, "repeated_any", &repeatedAny)
        try coder.messages(316, "repeated_value", &repeatedValue)
        try coder.messages(317, "repeated_list_value", &repeatedListValue)
        try coder.messages(324, "repeated_struct", &repeatedStruct)
        try coder.int32(401, "fieldname1", &name1)
        try coder.int32(402, "field_name2", &name2)
        try coder.int32(403, "_field_name3", &name3)
        try coder.int32(404, "field__name4_", &name4)
        try coder.int32(405, "field0name5", &name5)
        try coder.int32(406, "field_0_name6", &name6)
        try coder.int32(407, "fieldName7", &name7)
        try coder.int32(408, "FieldName8", &name8)
        try coder.int32(409, "field_Name9", &name9)
        try coder.int32(410, "Field_Name10", &name10)
        try coder.int32(411, "FIELD_NAME11", &name11)
        try coder.int32(412, "FIELD_name12", &name12)
        try coder.int32(413, "__field_name13", &name13)
        try coder.int32(414, "__Field_name14", &name14)
        try coder.int32(415, "field__name15", &name15)
        try coder.int32(416, "field__Name16", &name16)
        try coder.int32(417, "field_name17__", &name17)
        try coder.int32(418, "Field_name18__", &name18)
        try coder.unknown(&unknown)
    }
}

import Wire

extension Coder {
    /// A message inside one of its own kind, which a struct can't hold in place: an array of one or none.
    ///
    /// Only a coder that fills messages may store: the others walk over memory that is not theirs to write.
    package mutating func boxed<M: Message>(
        _ number: UInt32, _ name: StaticString, _ value: inout [M]
    ) throws(WireError) {
        var one = value.first
        try message(number, name, &one)
        if self is Decoder || self is Generator { value = one.map { [$0] } ?? [] }
    }
}

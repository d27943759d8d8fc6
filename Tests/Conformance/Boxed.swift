import Wire

/// A message inside one of its own kind, which a struct can't hold in place.
@propertyWrapper
package struct Boxed<M: Message>: Equatable, Sendable {
    private var oneOrNone: [M] = []

    package init() {}

    package var wrappedValue: M? {
        get { oneOrNone.first }
        set { oneOrNone = newValue.map { [$0] } ?? [] }
    }
}

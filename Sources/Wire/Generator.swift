import Bytes

/// The source of random valid values for round-trip tests. Only its shape: every value is zero so far, and it is
/// not a `Coder` yet.
package struct Generator {
    package init(seed: UInt64) {}
    mutating func number() -> UInt64 { 0 }
    mutating func below(_ bound: Int) -> Int { 0 }
    mutating func text() -> String { "" }
    mutating func bytes(_ count: Int) -> Bytes { Bytes([UInt8](repeating: 0, count: count)) }
    mutating func nested<M: Message>(_ type: M.Type) -> M { M() }
}

/// Something that is said in one place and not, or otherwise, in another.
package struct Finding: Equatable, CustomStringConvertible {
    /// A message, a field, an enum, a frame type or a file.
    package var subject: String
    package var what: String

    package var description: String { "\(subject): \(what)" }
}

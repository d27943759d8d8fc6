import Model

/// What is wrong at one place of a stack file.
package struct ComposeError: Error, Hashable, Sendable, CustomStringConvertible {
    package var mark: Mark
    package var message: String

    package init(_ mark: Mark, _ message: String) {
        self.mark = mark
        self.message = message
    }

    package var description: String { "\(mark): \(message)" }
}

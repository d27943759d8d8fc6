import Model
import Wire

/// A label whose values tasks are spread over, such as `node.labels.zone`.
package struct SpreadLabel: Equatable, Sendable {
    private let name: String
    private let isEngine: Bool

    /// - Throws: `invalid` for anything but a label of a node or of its engine.
    package init(_ text: String) throws(Failure) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "labels", parts[0] == "node" || parts[0] == "engine", !parts[2].isEmpty
        else {
            throw Failure(
                .invalid, "invalid placement preference 'spread=\(text)'",
                try: "spread over a label: spread=node.labels.zone")
        }
        name = String(parts[2])
        isEngine = parts[0] == "engine"
    }

    /// Empty when the node does not have it.
    package func value(_ node: Node) -> String {
        (isEngine ? node.description?.attributes[name] : node.spec?.labels[name]) ?? ""
    }
}

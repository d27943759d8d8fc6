import Foundation
import Model
import Wire

/// One way of saying which message each frame type carries: in Swift, in `proto/link.proto`, on the protocol's page, or
/// in the comments of messages.
package struct FrameTypes: Equatable {
    /// Names of messages by type.
    package var messages: [UInt32: String] = [:]
    /// Whoever says it, for reports.
    package let place: String

    init(place: String) {
        self.place = place
    }

    /// `FrameType.messages`.
    package static var swift: FrameTypes {
        var types = FrameTypes(place: "FrameType.swift")
        for (type, name) in FrameType.messages { types.messages[UInt32(type.rawValue)] = name }
        return types
    }

    /// The enum `FrameType`, whose values are named after the messages: `FRAME_TYPE_REPORT_TASKS` is `ReportTasks`.
    package static func declared(_ schemas: DeclaredSchemas) -> FrameTypes {
        var types = FrameTypes(place: "proto/link.proto")
        let names = Dictionary(schemas.messages.keys.map { (constant($0), $0) }) { one, _ in one }
        for value in schemas.enums[enumName]?.values ?? [] where value.number != 0 {
            types.messages[UInt32(value.number)] = names[value.name] ?? value.name
        }
        return types
    }

    package static let enumName = "FrameType"

    /// How the enum calls the type of a message.
    package static func constant(_ message: String) -> String {
        var words = ""
        var previous: Character = "_"
        for character in message {
            if character.isUppercase, previous.isLowercase || previous.isNumber { words += "_" }
            words += character.uppercased()
            previous = character
        }
        return "FRAME_TYPE_\(words)"
    }
}

// MARK: - On pages

extension FrameTypes {
    /// A row of the table in `proto/README.md` §3.1.
    package struct Row: Equatable {
        package var type: UInt32
        package var message: String
        package var priority: UInt8
        package var isStreamed: Bool
    }

    /// The rows `| 32 | `Register` | agent → dispatcher | 1 | |`.
    package static func rows(ofPage text: String) -> [Row] {
        text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count == 7, let type = UInt32(cells[1]), let priority = UInt8(cells[4]) else { return nil }
            let message = cells[2].trimmingCharacters(in: ["`"])
            return Row(
                type: type, message: message, priority: priority, isStreamed: cells[5] == "streamed")
        }
    }

    static func page(_ rows: [Row]) -> FrameTypes {
        var types = FrameTypes(place: "proto/README.md")
        for row in rows { types.messages[row.type] = row.message }
        return types
    }

    /// The messages whose comment says `Type 32.`
    static func comments(_ text: String) -> FrameTypes {
        var types = FrameTypes(place: "a message's comment")
        var said: UInt32?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("//") {
                if let match = line.firstMatch(of: /\bType (\d+)\b/) { said = UInt32(match.1) }
            } else {
                if let said, let match = line.firstMatch(of: /^message (\w+)/) {
                    types.messages[said] = String(match.1)
                }
                said = nil
            }
        }
        return types
    }
}

/// Rows under a header, as Docker lays them out.
///
/// Each column but the last is as wide as its widest cell and three spaces, and at least ten; so a row whose
/// last cell is empty ends in spaces, as Docker's does.
package struct Table: Sendable {
    package let header: [String]
    package private(set) var rows: [[String]] = []

    package init(_ header: [String]) {
        precondition(!header.isEmpty, "a table has a column")
        self.header = header
    }

    /// Adds a row of exactly as many cells as the header has.
    package mutating func append(_ row: [String]) {
        precondition(row.count == header.count, "a row of \(row.count) cells under \(header.count) headings")
        rows.append(row)
    }

    /// The lines, each ended by a newline; the header is always there.
    package var text: String { Table.layOut([header] + rows) }

    /// Lays out `lines` of cells; lines may differ in length.
    package static func layOut(_ lines: [[String]]) -> String {
        let lines = lines.map { $0.map(\.printable) }
        var widths: [Int] = []
        for line in lines {
            for (column, cell) in line.dropLast().enumerated() {
                if column == widths.count { widths.append(leastWidth) }
                widths[column] = max(widths[column], cell.displayWidth + gap)
            }
        }
        var output = ""
        for line in lines {
            for (column, cell) in line.enumerated() {
                output += cell
                guard column + 1 < line.count else { break }
                output += String(repeating: " ", count: widths[column] - cell.displayWidth)
            }
            output += "\n"
        }
        return output
    }

    private static let leastWidth = 10
    private static let gap = 3
}

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

// MARK: - Narrow terminals

extension Table {
    private static let narrowGap = 2

    /// The lines for a terminal of `width` columns, none of which is broken; as `text` where that fits.
    ///
    /// As far as it is needed: headings become their first words, gaps narrower and empty columns go; then cells are
    /// cut, from the last column to the first; then the lines.
    ///
    /// - Parameter least: what each column keeps.
    package func text(fitting width: Int, least: [Int]) -> String {
        precondition(least.count == header.count, "\(least.count) least widths of \(header.count) columns")
        let text = text
        guard text.split(separator: "\n").contains(where: { String($0).displayWidth > width }) else { return text }
        let heads = header.map { String($0.prefix { $0 != " " }) }
        let kept = header.indices.filter { column in rows.isEmpty || rows.contains { !$0[column].isEmpty } }
        let lines = ([heads] + rows).map { row in kept.map { row[$0].printable } }
        let widths = Self.fit(lines, into: width, least: kept.map { least[$0] })
        return lines.map { line in
            var row = ""
            for (cell, width) in zip(line, widths) {
                let cut = cell.truncated(toColumns: width)
                row += cut + String(repeating: " ", count: width - cut.displayWidth + Self.narrowGap)
            }
            while row.last == " " { row.removeLast() }
            return row.truncated(toColumns: width) + "\n"
        }.joined()
    }

    private static func fit(_ lines: [[String]], into width: Int, least: [Int]) -> [Int] {
        var widths = least.indices.map { column in lines.map { $0[column].displayWidth }.max() ?? 0 }
        var excess = widths.reduce(narrowGap * (widths.count - 1), +) - width
        for column in widths.indices.reversed() where excess > 0 {
            let given = min(excess, max(0, widths[column] - least[column]))
            widths[column] -= given
            excess -= given
        }
        return widths
    }
}

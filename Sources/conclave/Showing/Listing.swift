import CommandLine
import Glibc
import Model
import Text
import Wire

/// A list of objects as `ls` and `ps` show it: a table, JSON lines, a template for each, or IDs alone.
struct Listing {
    /// A column: the name of the field, and its heading.
    struct Column {
        let field: String
        let heading: String
        /// What it keeps on a narrow terminal.
        let least: Int

        init(_ field: String, _ heading: String, least: Int = 10) {
            self.field = field
            self.heading = heading
            self.least = least
        }

        /// Short IDs are never cut, or nobody could type them again.
        static let id = Column("ID", "ID", least: 14)
    }

    /// What the table shows.
    let columns: [Column]
    /// All that a template may name, by row; the columns' fields among it.
    var rows: [JSONObject] = []
    /// Of each row, for `--quiet`.
    var ids: [String] = []
    /// Cells that differ from the fields of a row, by the field's name.
    var cells: [[String: String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func append(id: String, _ row: JSONObject, cells special: [String: String] = [:]) {
        ids.append(id)
        rows.append(row)
        cells.append(special)
    }

    /// Shows the list as the options say.
    func show(_ session: Session) throws(Failure) {
        let format = session.parsed.text("format") ?? "table"
        if session.parsed.has("quiet"), session.parsed.text("format") == nil {
            for id in ids { session.print(id) }
        } else if format == "table" {
            var table = Table(columns.map(\.heading))
            for (row, special) in zip(rows, cells) {
                table.append(columns.map { special[$0.field] ?? Self.cell(row[$0.field]) })
            }
            let terminal = session.parsed.has("no-trunc") ? nil : Output.terminal(STDOUT_FILENO)
            session.put(
                terminal.map { table.text(fitting: $0.columns, least: columns.map(\.least)) } ?? table.text)
        } else if format == "json" {
            for row in rows { session.print(JSON.object(row).text) }
        } else {
            try showTemplate(format, session)
        }
    }

    private func showTemplate(_ format: String, _ session: Session) throws(Failure) {
        let isTable = format.hasPrefix("table ")
        let text = (isTable ? String(format.dropFirst(6)) : format).unescaped
        do throws(TextError) {
            let template = try Template(text)
            var lines: [String] = []
            for row in rows { lines.append(try template.fill(.object(row))) }
            guard isTable else {
                for line in lines { session.print(line) }
                return
            }
            let headings = template.fields.map(heading)
            let cells = lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
            session.put(Table.layOut([headings] + cells))
        } catch {
            throw Failure(.invalid, "\(error)")
        }
    }

    private func heading(of field: String) -> String {
        if let column = columns.first(where: { $0.field == field }) { return column.heading }
        // `CreatedAt` is headed `CREATED AT`.
        var heading = ""
        for character in field {
            if character.isUppercase, heading.last?.isLowercase == true { heading += " " }
            heading.append(character)
        }
        return heading.uppercased()
    }

    private static func cell(_ value: JSON?) -> String {
        switch value {
        case .string(let text): text
        case nil, .null: ""
        case let other?: other.text
        }
    }
}

extension String {
    /// With `\t` and `\n` made what they stand for, since a shell hands them on as two characters.
    var unescaped: String {
        var output = ""
        var rest = self[...]
        while let character = rest.popFirst() {
            switch (character, rest.first) {
            case ("\\", "t"):
                output += "\t"
                rest.removeFirst()
            case ("\\", "n"):
                output += "\n"
                rest.removeFirst()
            default: output.append(character)
            }
        }
        return output
    }
}

extension Session {
    /// The filters of `--filter key=value`; values of one key come together.
    func filters() throws(Failure) -> [Filter] {
        var filters: [Filter] = []
        for text in parsed.list("filter") {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw Failure(
                    .invalid,
                    "invalid argument \"\(text.printable)\" for \"-f, --filter\" flag: invalid filter "
                        + "'\(text.printable)'", try: "write it as name=value")
            }
            if let place = filters.firstIndex(where: { $0.key == parts[0] }) {
                filters[place].values.append(parts[1])
            } else {
                var filter = Filter()
                filter.key = parts[0]
                filter.values = [parts[1]]
                filters.append(filter)
            }
        }
        return filters
    }

    /// A request for all objects that match `--filter`.
    func listing() throws(Failure) -> ListObjects {
        var list = ListObjects()
        list.filters = try filters()
        return list
    }

    /// A request for one object.
    func named(_ reference: String) -> ListObjects {
        var list = ListObjects()
        list.references = [reference]
        return list
    }

    /// `15 seconds ago`.
    func ago(_ moment: Timestamp) -> String {
        moment == .zero ? "" : Moments.ago(Int64(clamping: moment.rawValue), now: now)
    }

    /// Labels of `key` and `key=value` words.
    func labels(_ words: [String]) -> StringMap {
        var labels = StringMap()
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            labels[parts[0]] = parts.count == 2 ? parts[1] : ""
        }
        return labels
    }
}

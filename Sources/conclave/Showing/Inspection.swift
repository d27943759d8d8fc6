import CommandLine
import Model
import Text

extension Session {
    /// Shows each named object: an array of JSON, a template for each, or text for people.
    ///
    /// What is found is shown even if something else is not.
    func inspect(
        _ references: [String], pretty: ((JSON) -> String)? = nil, _ find: (String) throws(Failure) -> JSON
    ) throws(Failure) -> Int32 {
        var found: [JSON] = []
        var failures: [Failure] = []
        for reference in references {
            do throws(Failure) {
                found.append(try find(reference))
            } catch {
                failures.append(error)
            }
        }
        let format = parsed.text("format")
        if let pretty, parsed.has("pretty"), format == nil {
            put(found.map(pretty).joined(separator: "\n"))
        } else {
            try show(found, format)
        }
        for failure in failures { report(failure) }
        return failures.first?.code.exitCode ?? 0
    }

    /// Shows objects as JSON, or each by a template.
    func show(_ objects: [JSON], _ format: String?) throws(Failure) {
        guard let format else { return print(JSON.array(objects).indentedText) }
        if format == "json" { return print(JSON.array(objects).text) }
        do throws(TextError) {
            let template = try Template(format.unescaped)
            for object in objects { print(try template.fill(object)) }
        } catch {
            throw Failure(.invalid, "\(error)")
        }
    }
}

/// The parts of objects as JSON, by Docker's names of fields.
enum Showing {
    static func time(_ moment: Timestamp) -> JSON {
        .string(moment == .zero ? "" : Moments.timestamp(Int64(clamping: moment.rawValue)))
    }

    /// ID, version, and when it was made and changed.
    static func head(_ id: String, _ meta: Meta?) -> JSONObject {
        [
            "ID": .string(id), "Version": ["Index": JSON(meta?.specRevision.rawValue ?? 0)],
            "CreatedAt": time(meta?.created ?? .zero), "UpdatedAt": time(meta?.updated ?? .zero),
        ]
    }

    static func strings(_ list: [String]) -> JSON { .array(list.map(JSON.string)) }

    /// `a=b,c=d`, as lists show labels.
    static func line(_ pairs: [(key: String, value: String)]) -> String {
        pairs.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    static func object(_ pairs: [(key: String, value: String)]) -> JSON {
        var object = JSONObject()
        for pair in pairs { object[pair.key] = .string(pair.value) }
        return .object(object)
    }

    /// Lines of ` - key=value` under `Labels:`; nothing for none.
    static func pretty(labels: JSON?) -> String {
        guard let labels = labels?.object, !labels.isEmpty else { return "" }
        return "Labels:\n"
            + zip(labels.keys, labels.values).map { " - \($0)=\($1.string ?? "")\n" }.joined()
    }

    /// Heads and texts, one below the other; texts begin in the same column.
    static func block(_ pairs: [(String, String)]) -> String {
        let widest = (pairs.map(\.0.count).max() ?? 0) + 2
        return pairs.map { head, text in
            "\(head):" + String(repeating: " ", count: widest - head.count - 1 + 1) + text.printable + "\n"
        }.joined()
    }
}

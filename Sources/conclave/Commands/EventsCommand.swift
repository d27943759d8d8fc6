import Bytes
import CommandLine
import Model
import Text

/// `conclave events`.
enum EventsCommand {
    static let command: Verb = Verb(
        "events", "Show what changes in the cluster",
        discussion: """
            Show what changes in the cluster, as it happens.

            Each manager remembers the last changes, some thousands since its start. Who reads too slowly for them is told \
            that some were missed. Filters are event, id, name, node, secret, config, service, task and type.
            """,
        examples: [
            Example("conclave events --filter type=secret", "Secrets as they are made, changed and removed"),
            Example("conclave events --since 10m --until 0s --format json", "The last minutes, for a program"),
        ],
        flags: [
            .text("since", nil, "string", "Show events since a time (2026-11-23T18:53:07Z) or a duration ago (42m)"),
            .text("until", nil, "string", "Stop at this time"), Flags.filter,
            .text("format", nil, "string", "\"json\", or a template for each event, such as '{{.Type}} {{.Name}}'"),
        ]
    ) { session throws(Failure) in
        var watch = WatchEvents()
        watch.since = try session.moment("since") ?? .zero
        watch.until = try session.moment("until") ?? .zero
        let filter = try EventFilter(session.parsed.list("filter"))
        let format = try EventFormat(session.parsed.text("format") ?? "")
        try session.client().replies(to: .watchEvents(watch)) { reply throws(Failure) in
            guard case .events(let list)? = reply.result else { throw .unexpected }
            if list.missed { session.note("some events before these are not remembered") }
            for event in list.events where filter.accepts(event) { session.print(try format.line(event)) }
        }
        return 0
    }
}

/// Which events are shown: values of one key are alternatives, keys must all match.
private struct EventFilter {
    private var wanted: [String: [String]] = [:]
    private static let kinds = ["cluster", "config", "node", "secret", "service", "task"]

    init(_ filters: [String]) throws(Failure) {
        for filter in filters {
            guard let equals = filter.firstIndex(of: "=") else {
                throw Failure(.invalid, "invalid filter '\(filter.printable)'", try: "KEY=VALUE, such as type=secret")
            }
            let key = String(filter[..<equals])
            guard ["type", "event", "id", "name"].contains(key) || Self.kinds.contains(key) else {
                throw Failure(
                    .invalid, "invalid filter '\(key.printable)'", try: "type, event, id, name, or a type's name")
            }
            wanted[key, default: []].append(String(filter[filter.index(after: equals)...]))
        }
    }

    func accepts(_ event: ClusterEvent) -> Bool {
        wanted.allSatisfy { key, values in
            values.contains { value in
                switch key {
                case "type": return event.type == value
                case "event": return event.event == value || !event.state.isEmpty && event.state == value
                case "id": return event.shownID.hasPrefix(value)
                case "name": return event.name == value
                default: return event.type == key && (event.name == value || event.shownID.hasPrefix(value))
                }
            }
        }
    }
}

/// How an event is shown: a line as Docker's, JSON, or a template.
private struct EventFormat {
    private enum Kind {
        case line, json
        case template(Template)
    }
    private let kind: Kind

    init(_ format: String) throws(Failure) {
        switch format {
        case "": kind = .line
        case "json": kind = .json
        default:
            do throws(TextError) {
                kind = .template(try Template(format.unescaped))
            } catch {
                throw Failure(.invalid, "\(error)")
            }
        }
    }

    func line(_ event: ClusterEvent) throws(Failure) -> String {
        switch kind {
        case .line: return Self.line(event)
        case .json: return Self.object(event).text
        case .template(let template):
            do throws(TextError) {
                return try template.fill(Self.object(event))
            } catch {
                throw Failure(.invalid, "\(error)")
            }
        }
    }

    /// `2026-11-23T19:01:42.361498418Z secret create 4p95… (name=db, actor=root@m1, index=12)`.
    private static func line(_ event: ClusterEvent) -> String {
        var attributes = event.name.isEmpty ? [] : ["name=\(event.name)"]
        if !event.state.isEmpty { attributes.append("state=\(event.state)") }
        attributes.append("actor=\(actor(event))")
        attributes.append("index=\(event.index)")
        let words = [time(event), event.type, event.event, event.shownID, "(\(attributes.joined(separator: ", ")))"]
        return words.filter { !$0.isEmpty }.joined(separator: " ").printable
    }

    private static func object(_ event: ClusterEvent) -> JSON {
        .object([
            "Index": JSON(event.index.rawValue), "Time": .string(time(event)), "Type": .string(event.type),
            "Event": .string(event.event), "ID": .string(event.shownID), "Name": .string(event.name),
            "State": .string(event.state), "Actor": .string(actor(event)),
        ])
    }

    private static func time(_ event: ClusterEvent) -> String {
        Moments.timestamp(Int64(clamping: event.time.rawValue))
    }

    /// `uid 0@m1` for a process of a manager's host.
    private static func actor(_ event: ClusterEvent) -> String {
        guard let actor = event.actor else { return "cluster" }
        switch actor.kind {
        case .local: return "uid:\(actor.uid)@\(actor.host)"
        case .cluster: return "cluster"
        default: return actor.name.isEmpty ? actor.host : "\(actor.name)@\(actor.host)"
        }
    }
}

extension ClusterEvent {
    /// Empty: the cluster itself.
    fileprivate var shownID: String { id.count == 16 ? SecretID(bytes: id).description : "" }
}

/// Who sees a message: over which frames it travels, and in what on disk it rests.
///
/// A field may hold another message as bytes, sealed or not; these are followed too.
struct Audience {
    /// By message: what holds it.
    private var holders: [String: Set<String>] = [:]
    /// By message: its frame type.
    private var frames: [String: Int32] = [:]

    /// Messages in `bytes` of others.
    private static let inside = [
        "Proposal": ["Entry", "LogEntry"], "Outcome": ["RequestRecord"], "Configuration": ["Entry"],
        "SealedDelivery": ["AssignedValue"], "ValueEnvelope": ["SecretVersion", "JoinToken", "Entry"],
        "Certificate": ["ResponderPayload", "InitiatorPayload", "EnrolAnswer", "NodeIdentity", "IssuingKey"],
        "CertificateBody": ["Certificate"], "ClusterKeyring": ["ClusterKeys"], "Keyring": ["SealedKeyring"],
    ]
    /// What is on disk, with its place.
    private static let atRest = [
        "NodeIdentity": "the file identity", "SealedKeyring": "the file keyring", "TaskNote": "the notes of tasks",
        "LogRecord": "the log", "SnapshotMark": "snapshots", "StoreHead": "snapshots", "Cluster": "snapshots",
        "Node": "snapshots", "Secret": "snapshots", "ValueEnvelope": "snapshots", "Config": "snapshots",
        "Service": "snapshots", "StoredTask": "snapshots", "RequestBatch": "snapshots", "StoreEnd": "snapshots",
    ]
    /// What opens a link, before there are frames.
    private static let handshake: Set = ["ResponderPayload", "InitiatorPayload"]

    init(_ declarations: Declarations) {
        for (name, message) in declarations.messages {
            for field in message.fields where !field.typeName.isEmpty {
                holders[declarations.name(field.typeName), default: []].insert(name)
            }
        }
        for (name, outer) in Self.inside { holders[name, default: []].formUnion(outer) }
        let constants = Dictionary(
            declarations.messages.keys.map { (FrameTypes.constant($0), $0) }, uniquingKeysWith: { one, _ in one })
        for value in declarations.enums[FrameTypes.enumName]?.values ?? [] {
            if let message = constants[value.name] { frames[message] = value.number }
        }
    }

    /// The message and all that hold it, at whatever depth.
    private func reached(from name: String) -> Set<String> {
        var reached: Set = [name]
        var open = [name]
        while let next = open.popLast() {
            for holder in holders[next] ?? [] where reached.insert(holder).inserted { open.append(holder) }
        }
        return reached
    }

    /// Whether entries carry the message, which every member must apply in the same way.
    func isCommand(_ name: String) -> Bool { reached(from: name).contains("Proposal") }

    /// All who see the message or enum, as one line of a report.
    func whom(_ name: String) -> String {
        let reached = reached(from: name)
        var parts: [String] = []
        let travelling = reached.compactMap { message in frames[message].map { (message, $0) } }
        for (people, types) in Self.people {
            let here = travelling.filter { types.contains($0.1) }.sorted { $0.1 < $1.1 }
            if here.isEmpty { continue }
            parts.append("\(people), in \(here.map { "\($0.0) (frame type \($0.1))" }.joined(separator: ", "))")
        }
        if !reached.isDisjoint(with: Self.handshake) { parts.append("both ends of a link, in its handshake") }
        let places = Set(reached.compactMap { Self.atRest[$0] }).sorted()
        if !places.isEmpty {
            parts.append("a node that reads what another version wrote: \(places.joined(separator: ", "))")
        }
        return parts.isEmpty ? "nobody that this tool knows of" : parts.joined(separator: "; ")
    }

    /// Who speaks a frame of that type.
    static func people(ofFrame type: Int32) -> String {
        people.first { $0.1.contains(type) }?.0 ?? "whoever sends or takes it"
    }

    private static let people: [(String, ClosedRange<Int32>)] = [
        ("every node and client", 1...6), ("a joining node and the manager it asks", 7...7), ("managers", 8...31),
        ("workers and the leader", 32...47), ("clients, managers and workers", 48...63),
        ("clients and managers", 64...127),
    ]
}

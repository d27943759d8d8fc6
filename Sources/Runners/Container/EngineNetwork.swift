import Text

/// What the engine says of a network.
struct EngineNetwork: Equatable {
    var id = ""
    var name = ""
    /// Nanoseconds since 1970; 0: it does not say.
    var created: Int64 = 0
    /// Whether it was made for tasks, by a daemon of this host.
    var isOurs = false

    /// Reads what it knows of an answer, and passes over the rest.
    init(_ answer: JSON) {
        id = answer["Id"]?.string ?? ""
        name = answer["Name"]?.string ?? ""
        created = (try? Moments.read(timestamp: answer["Created"]?.string ?? "")) ?? 0
        isOurs = answer["Labels"]?[ContainerPlan.Label.network] != nil
    }
}

/// The older one is before the younger one; all daemons of a host agree on that.
extension EngineNetwork: Comparable {
    static func < (left: EngineNetwork, right: EngineNetwork) -> Bool {
        (left.created, left.id) < (right.created, right.id)
    }
}

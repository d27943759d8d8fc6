import Model
import Store

/// What one task of a service at a time occupies: a slot, or a node of a global service.
struct Position: Hashable, Comparable {
    /// From 1; 0: of a global service.
    var slot: UInt64 = 0
    var node = NodeID.none

    static func < (left: Position, right: Position) -> Bool {
        (left.slot, left.node) < (right.slot, right.node)
    }
}

extension Position {
    init(_ task: StoredTask) {
        slot = task.slot
        node = task.boundNode
    }
}

/// A position with its tasks, oldest first.
struct Occupied {
    let position: Position
    var tasks: [StoredTask] = []
    /// Meant to run, and not ended.
    var active: [StoredTask] = []
    /// Asked to stop, and not ended.
    var stopping: [StoredTask] = []

    init(_ position: Position) { self.position = position }

    /// Takes one more of its tasks, in its place by age.
    mutating func add(_ task: StoredTask) {
        Self.insert(task, into: &tasks)
        guard !task.hasEnded else { return }
        if task.desired <= .running {
            Self.insert(task, into: &active)
        } else if task.nodeID != .none {
            Self.insert(task, into: &stopping)
        }
    }

    /// There are few, and mostly one: tasks are large, and sorting would move all of a service.
    private static func insert(_ task: StoredTask, into list: inout [StoredTask]) {
        let older = list.lastIndex { age($0) < age(task) }
        list.insert(task, at: older.map { $0 + 1 } ?? 0)
    }

    /// By the log, which knows no clock that is set back.
    private static func age(_ task: StoredTask) -> (Revision, TaskID) { (task.meta?.specRevision ?? .zero, task.id) }

    /// Scaled away: to be forgotten.
    var isLeaving: Bool { !tasks.isEmpty && tasks.allSatisfy { $0.desired == .remove } }
    var isVacant: Bool { active.isEmpty && stopping.isEmpty }
    /// Whether a second task may begin.
    var hasRoomBeside: Bool { active.count == 1 && stopping.isEmpty }
}

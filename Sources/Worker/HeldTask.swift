import Bytes
import Model

/// A task on this node, and the values that it needs.
package struct HeldTask: Sendable {
    /// How far this node has come with it.
    package enum Phase: Equatable, Sendable {
        /// Waits for its values.
        case accepted
        /// Its file system is being made.
        case preparing
        case ready
        case starting
        case running
        /// Has ended; its files are being wiped.
        case cleaning
        /// Nothing is left but the record.
        case cleaned
    }

    package var task: StoredTask
    package var phase = Phase.accepted
    package var status = TaskStatus()
    /// By secret, in the order of the task's references; only while the task needs them.
    package var values: [HeldValue] = []
    /// What the files show: secret and version, in the order of the task's references.
    package var shown: [HeldVersion] = []
    /// The last generation asked for.
    var generation: UInt64 = 0
    /// Whether values came since the last generation.
    var isStale = false
    var isStopping = false
    /// `nil`: its health is not checked.
    var health: HealthWatch?
    /// Why it is being ended though it should run: it is not well.
    var complaint: String?
    /// Whether it was found healthy, for the agent after this one.
    package var isHealthy: Bool { health?.isHealthy ?? false }
    /// Whether the manager has removed it: to be forgotten once it is cleaned.
    var isRemoved = false

    init(_ task: StoredTask) {
        self.task = task
        status = task.status ?? TaskStatus()
    }

    /// Whether a program of it may be alive.
    package var isLive: Bool {
        switch phase {
        case .starting, .running: true
        case .accepted, .preparing, .ready, .cleaning, .cleaned: false
        }
    }

    /// Whether it has not ended: nothing wipes what comes later.
    var mayHoldValues: Bool { phase != .cleaning && phase != .cleaned }

    /// Those that the task sees.
    package var secrets: [SecretReference] { task.spec?.program?.secrets ?? [] }
    /// The credentials for its image's registry, which it does not see.
    var registry: SecretReference? { task.spec?.container?.registry }
    func isShown(_ secret: SecretID) -> Bool { secrets.contains { $0.secretID == secret } }
    package var configs: [ConfigReference] { task.spec?.program?.configs ?? [] }

    var graceMilliseconds: UInt64 { task.spec?.program?.stopGraceMilliseconds ?? 10_000 }
}

/// A value that a task needs, in locked memory.
package struct HeldValue: Sendable {
    package var secretID: SecretID
    package var version: UInt64
    package var value: SecretBox
}

/// A config that tasks of this node need.
struct HeldConfig: Sendable {
    var revision: Revision
    var data: Bytes
}

/// A value that is being opened.
struct OpeningKey: Equatable, Sendable {
    var task: TaskID
    var secret: SecretID
    var version: UInt64
}

/// A file of a task's generation.
package struct PublishedFile: Sendable {
    package enum Content: Sendable {
        case secret(SecretBox)
        case config(Bytes)
    }

    package var target: FileTarget
    package var content: Content
    /// Whether it belongs to `/run/secrets`; else to `/run/configs`.
    package var isSecret: Bool { if case .secret = content { true } else { false } }
}

/// A task that an earlier agent of this node left behind, from its record and the runner's look at it.
package struct AdoptedTask: Sendable {
    package enum Found: Equatable, Sendable {
        case running(pid: UInt32)
        case exited(code: Int32, message: String)
        /// It was never started, or nothing is known of it.
        case lost(String)
        /// It had ended before, as its recorded status tells; it may not be cleaned up yet.
        case over
    }

    package var task: StoredTask
    package var found: Found
    /// What its files show.
    package var shown: [HeldVersion]
    /// Whether it was found healthy.
    package var isHealthy: Bool

    package init(task: StoredTask, found: Found, shown: [HeldVersion], isHealthy: Bool = false) {
        self.task = task
        self.found = found
        self.shown = shown
        self.isHealthy = isHealthy
    }
}

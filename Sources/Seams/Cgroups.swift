import Model

/// What a task may use; `nil`: no limit.
package struct TaskLimits: Hashable, Sendable {
    package var memoryBytes: UInt64?
    package var processes: UInt64?
    /// Billionths of a processor.
    package var nanoCPUs: UInt64?
    /// Memory may not be swapped out.
    package var forbidsSwap = true
    package init(memoryBytes: UInt64? = nil, processes: UInt64? = nil, nanoCPUs: UInt64? = nil) {
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.nanoCPUs = nanoCPUs
    }
    package var isEmpty: Bool { memoryBytes == nil && processes == nil && nanoCPUs == nil }
}

/// Control groups, whichever version the host has. Synchronous and short.
package protocol Cgroups: AnyObject {
    /// What was found: "v2", "v1", "hybrid" or "none".
    var layout: String { get }
    /// Makes the group `name` (a path component or two), below the daemon's own, with its limits.
    ///
    /// - Throws: naming the limit that this host can't enforce; nothing is left behind then.
    func make(_ name: String, _ limits: TaskLimits) throws(SystemError) -> any Cgroup
    /// The group that an earlier daemon made; `nil`: none.
    func find(_ name: String) -> (any Cgroup)?
}

package protocol Cgroup: AnyObject {
    /// The directories to join; in several hierarchies, or none.
    var directories: [String] { get }
    /// Whether any process is in it.
    func isPopulated() -> Bool
    /// Kills all members; again where the kernel can't do it as one.
    func kill() throws(SystemError)
    /// How often the kernel killed for memory.
    func memoryKills() -> UInt64
    /// What its members use now, but for the clock; `nil` in it is what this host does not count.
    func usage() -> TaskUsage
    /// Removes the group, which must be empty; `EBUSY` otherwise. Already gone is success.
    func destroy() throws(SystemError)
}

import Primitives

/// The one door to the world for the drivers: time, chance, threads, sockets and files.
///
/// Implemented twice: on libuv and Linux, and by the simulator from one seed. Everything here but `files` is used
/// from the loop's thread alone, and all handlers run there, never inside the call that took them.
package protocol Environment: AnyObject {
    var time: any Time { get }
    var work: any Work { get }
    var network: any Network { get }
    /// Synchronous; for start-up and for the inside of jobs.
    var files: any Files { get }
    /// Chance for keys, nonces and IDs, for one thread's use: the kernel's, or what the simulator's seed gives.
    func makeGenerator() -> SecureGenerator
}

/// An environment that can also run programs: what runners need. The simulator has none and brings its own `Runner`.
package protocol Host: Environment {
    var processes: any Processes { get }
    var cgroups: any Cgroups { get }
}

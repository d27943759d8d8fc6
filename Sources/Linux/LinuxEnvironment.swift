import Primitives
import Seams

/// The real world, on one loop.
package final class LinuxEnvironment: Host {
    package let loop: Loop
    package var time: any Time { loop }
    package var work: any Work { loop }
    package var network: any Network { loop }
    package let files: any Files = LinuxFiles()
    package var processes: any Processes { loop }
    package let cgroups: any Cgroups = LinuxCgroups()
    package var signals: any Signals { loop }
    package func makeGenerator() -> SecureGenerator { SecureGenerator() }
    package init(_ loop: Loop = Loop()) { self.loop = loop }
}

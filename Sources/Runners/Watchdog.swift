import Glibc
import Model
import Seams

/// A process that wipes and unmounts the files of a task some time after its end, should no daemon be left to do it. It
/// holds no value, and ends by itself when the files are unmounted.
final class Watchdog {
    /// As the task's notes name it.
    var noted: TaskRecord.Process { .init(pid: handle.pid, startTime: handle.startTime) }
    private let handle: any ProcessHandle
    private let folder: String

    private init(_ handle: any ProcessHandle, _ folder: String) {
        self.handle = handle
        self.folder = folder
    }

    /// Starts one that waits for the end of `process`, which ends all that reads the files.
    ///
    /// - Returns: `nil` if there are no files, or it can't be started.
    static func start(
        for launch: TaskLaunch, endingWith process: any ProcessHandle, helper: String, _ host: any Host
    ) -> Watchdog? {
        guard let folder = launch.memoryFolder, MemoryMount.isMounted(at: folder) else { return nil }
        var request = SpawnRequest(
            program: helper, arguments: ["conclave-watchdog", "watch", "task=3", "folder=\(folder)"], environment: [])
        request.directory = "/"
        request.descriptors = [(child: 3, ours: process.pidfd)]
        guard let handle = try? host.processes.spawn(request) else { return nil }
        // Reaps it; nothing else follows from its end.
        handle.onExit { _ in }
        return Watchdog(handle, folder)
    }

    /// The one that an earlier agent started, if it is still there.
    static func find(_ noted: TaskRecord.Process?, for launch: TaskLaunch, _ host: any Host) -> Watchdog? {
        guard let noted, let folder = launch.memoryFolder,
            let handle = try? host.processes.adopt(pid: noted.pid, startTime: noted.startTime)
        else { return nil }
        return Watchdog(handle, folder)
    }

    /// Ends it where it has nothing to wait for any more.
    func end() {
        if !MemoryMount.isMounted(at: folder) { _ = try? handle.signal(SIGKILL) }
    }
}

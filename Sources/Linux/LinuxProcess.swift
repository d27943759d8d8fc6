import CLinux
import Glibc
import Seams

/// A process by its pidfd; watched from the start, so that a child is always reaped.
final class LinuxProcess: ProcessHandle {
    let pid: Int32
    let startTime: UInt64
    var pidfd: Descriptor { poll.descriptor }
    private let poll: Poll
    private var handlers: [(ExitStatus) -> Void] = []
    private var status: ExitStatus?
    private let loop: Loop

    init(_ loop: Loop, pid: Int32, pidfd: Descriptor, startTime: UInt64) throws(SystemError) {
        self.loop = loop
        self.pid = pid
        self.startTime = startTime
        poll = try Poll(loop, pidfd)
        poll.ready = { [self] _, _ in reap() }
        poll.want(read: true, write: false)
    }

    private func reap() {
        var code: Int32 = 0
        switch unsafe cl_reap(poll.descriptor, &code) {
        case 0: return
        case 1: status = .exited(code)
        case 2: status = .signalled(code)
        default: status = .unknown
        }
        poll.close()
        let all = handlers
        handlers = []
        for each in all { each(status!) }
    }

    func onExit(_ handler: @escaping (ExitStatus) -> Void) {
        guard let status else { return handlers.append(handler) }
        loop.after(.zero) { handler(status) }
    }

    func signal(_ number: Int32) throws(SystemError) -> Bool {
        guard status == nil else { return false }
        let code = cl_pidfd_signal(poll.descriptor, number)
        if code == -ESRCH { return false }
        guard code == 0 else { throw SystemError("signal", "process \(pid)", code: code) }
        return true
    }
}

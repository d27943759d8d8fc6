import CLinux
import CUV
import Glibc
import Model
import Seams
import Synchronization

/// One libuv loop and all that it owns. Used from the thread that made it, but for `post`.
@safe
package final class Loop {
    /// Owned; closed never: a daemon has one for its life, a test leaks it at its end.
    let uv: UnsafeMutablePointer<uv_loop_t>
    private var endOfTurn: [() -> Void] = []
    private var turnBegan: Moment?
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let check: UnsafeMutablePointer<uv_check_t>
    private let wake: UnsafeMutablePointer<uv_async_t>
    private let posted = Mutex<[Posted]>([])
    private var isStopping = false
    /// Where all streams gather what they send and read: one buffer for the whole loop.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 262_144, alignment: 16)

    /// A closure on its way from another thread. It was made here and runs here; only the other thread carries it.
    struct Posted: @unchecked Sendable {
        let run: () -> Void
    }

    package init() {
        signal(SIGPIPE, SIG_IGN)
        unsafe uv = .allocate(capacity: 1)
        unsafe prepare = .allocate(capacity: 1)
        unsafe check = .allocate(capacity: 1)
        unsafe wake = .allocate(capacity: 1)
        let code = unsafe uv_loop_init(uv)
        precondition(code == 0, "no event loop: \(code)")
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe uv_prepare_init(uv, prepare)
        unsafe uv_check_init(uv, check)
        unsafe prepare.pointee.data = me
        unsafe check.pointee.data = me
        unsafe wake.pointee.data = me
        let made = unsafe uv_async_init(uv, wake) { handle in
            unsafe Unmanaged<Loop>.fromOpaque(handle!.pointee.data).takeUnretainedValue().drainPosted()
        }
        precondition(made == 0, "no wake-up for the event loop: \(made)")
        unsafe uv_prepare_start(prepare) { handle in
            unsafe Unmanaged<Loop>.fromOpaque(handle!.pointee.data).takeUnretainedValue().finishTurn()
        }
        unsafe uv_check_start(check) { handle in
            unsafe Unmanaged<Loop>.fromOpaque(handle!.pointee.data).takeUnretainedValue().finishTurn()
        }
        // The loop lives as long as its process; the handles above point to it.
        unsafe _ = Unmanaged.passRetained(self)
    }

    /// Runs until `stop`.
    package func run() {
        isStopping = false
        while !isStopping { unsafe uv_run(uv, UV_RUN_ONCE) }
    }

    /// Ends `run` after this turn.
    package func stop() {
        isStopping = true
        unsafe uv_stop(uv)
    }

    /// Runs turns until `condition` holds or `limit` is over; whether it holds.
    package func run(until condition: () -> Bool, limit: Duration = .seconds(10)) -> Bool {
        let end = Self.clock() + limit
        let alarm = after(limit) {}
        defer { alarm.cancel() }
        while !condition() {
            if end < Self.clock() { return false }
            unsafe uv_run(uv, UV_RUN_ONCE)
        }
        return true
    }

    /// Runs `body` on the loop's thread, soon; from any thread.
    func post(_ body: Posted) {
        posted.withLock { $0.append(body) }
        unsafe uv_async_send(wake)
    }

    /// Makes sure that the end of a turn comes, also for what is asked before the loop runs.
    func nudge() {
        if turnBegan == nil { unsafe uv_async_send(wake) }
    }

    private func drainPosted() {
        let all = posted.withLock { all in
            defer { all.removeAll(keepingCapacity: true) }
            return all
        }
        for each in all { each.run() }
    }

    private func finishTurn() {
        while !endOfTurn.isEmpty {
            let all = endOfTurn
            endOfTurn.removeAll(keepingCapacity: true)
            for each in all { each() }
        }
        turnBegan = nil
    }

    static func clock() -> Moment {
        var time = timespec()
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return Moment(milliseconds: UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000)
    }

    /// Marks the beginning of a turn's callbacks.
    func enter() {
        if turnBegan == nil { turnBegan = Self.clock() }
    }
}

extension Loop: Time {
    package var now: Moment {
        enter()
        return turnBegan!
    }

    package var wallClock: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(rawValue: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }

    @discardableResult
    package func after(_ delay: Duration, _ handler: @escaping () -> Void) -> any Seams.Timer {
        LoopTimer(self, delay, handler)
    }

    package func atEndOfTurn(_ handler: @escaping () -> Void) {
        endOfTurn.append(handler)
    }

    package func random() -> UInt64 {
        var value: UInt64 = 0
        let code = unsafe withUnsafeMutableBytes(of: &value) { unsafe cl_random($0.baseAddress, 8) }
        precondition(code == 0, "the kernel gave no random bytes")
        return value
    }
}

/// A timer of libuv's that frees itself when it has run or was cancelled.
@safe
final class LoopTimer: Seams.Timer {
    /// Freed by libuv's close callback; `nil` once that is on its way.
    private var uv: UnsafeMutablePointer<uv_timer_t>?
    private var handler: (() -> Void)?
    private let loop: Loop

    init(_ loop: Loop, _ delay: Duration, _ handler: @escaping () -> Void) {
        self.loop = loop
        self.handler = handler
        let uv = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
        unsafe self.uv = uv
        unsafe uv_timer_init(loop.uv, uv)
        unsafe uv.pointee.data = Unmanaged.passRetained(self).toOpaque()
        unsafe uv_update_time(loop.uv)
        // Rounded up: a timer that is early by a part of a millisecond breaks what it guards.
        let milliseconds = delay <= .zero ? 0 : delay.milliseconds + 1
        unsafe uv_timer_start(
            uv,
            { handle in
                unsafe Unmanaged<LoopTimer>.fromOpaque(handle!.pointee.data).takeUnretainedValue().fire()
            }, milliseconds, 0)
    }

    private func fire() {
        loop.enter()
        let handler = handler
        cancel()
        handler?()
    }

    func cancel() {
        guard let handle = unsafe uv else { return }
        unsafe uv = nil
        handler = nil
        unsafe handle.closeHandle()
    }
}

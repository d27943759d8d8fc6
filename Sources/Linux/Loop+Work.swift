import CLinux
import CUV
import Glibc
import Seams
import Synchronization

/// One piece of work, from the loop to another thread and back; in one thread's hands at a time.
private final class Piece<R: Sendable>: @unchecked Sendable {
    private let work: @Sendable () -> R
    private let done: (R) -> Void
    private var result: R?

    init(_ work: @escaping @Sendable () -> R, _ done: @escaping (R) -> Void) {
        self.work = work
        self.done = done
    }

    func run() { result = work() }
    func finish() { done(result!) }
}

/// What libuv's pool carries.
private final class PoolRequest {
    let run: () -> Void
    let finish: () -> Void
    init(run: @escaping () -> Void, finish: @escaping () -> Void) {
        self.run = run
        self.finish = finish
    }
}

extension Loop: Work {
    package func job<R: Sendable>(_ work: @escaping @Sendable () -> R, done: @escaping (R) -> Void) {
        let piece = Piece(work, done)
        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        let carried = PoolRequest(run: piece.run) { [self] in
            enter()
            piece.finish()
        }
        unsafe request.pointee.data = Unmanaged.passRetained(carried).toOpaque()
        let code = unsafe uv_queue_work(
            uv, request,
            { request in
                unsafe Unmanaged<PoolRequest>.fromOpaque(request!.pointee.data).takeUnretainedValue().run()
            },
            { request, _ in
                let carried = unsafe Unmanaged<PoolRequest>.fromOpaque(request!.pointee.data).takeRetainedValue()
                unsafe request!.deallocate()
                carried.finish()
            })
        precondition(code == 0, "no job could be queued: \(code)")
    }

    package func makeSerial(_ name: String, bound: Int) -> any SerialWorker {
        SerialThread(self, name, bound)
    }
}

/// A thread with a queue. The thread holds `Queue` alone, never the worker.
final class SerialThread: SerialWorker {
    /// What both threads share: the queue under its lock, and a count of what is in it.
    @safe
    private final class Queue: @unchecked Sendable {
        let items = Mutex<[Loop.Posted?]>([])
        /// Allocated for the life of the queue.
        let count = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

        init() { unsafe sem_init(count, 0, 0) }
        deinit {
            unsafe sem_destroy(count)
            unsafe count.deallocate()
        }

        /// `nil` ends the thread.
        func add(_ item: Loop.Posted?) {
            items.withLock { $0.append(item) }
            unsafe sem_post(count)
        }

        func drain() {
            while true {
                while unsafe sem_wait(count) != 0 {}
                // One wait may find several items; the waits that follow then find none.
                let all = items.withLock { all in
                    defer { all.removeAll(keepingCapacity: true) }
                    return all
                }
                for item in all {
                    guard let item else { return }
                    item.run()
                }
            }
        }
    }

    private let loop: Loop
    private let queue = Queue()
    private let bound: Int
    private var isFinished = false
    private(set) package var pending = 0

    init(_ loop: Loop, _ name: String, _ bound: Int) {
        self.loop = loop
        self.bound = bound
        var thread = pthread_t()
        let argument = unsafe Unmanaged.passRetained(queue).toOpaque()
        // Signals are the loop's to handle.
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                unsafe Unmanaged<Queue>.fromOpaque(argument!).takeRetainedValue().drain()
                return nil
            }, argument)
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        precondition(code == 0, "no thread for \(name): \(errorText(code))")
        unsafe cl_name_thread(thread, String(name.prefix(15)))
        pthread_detach(thread)
    }

    package func submit<R: Sendable>(_ work: @escaping @Sendable () -> R, done: @escaping (R) -> Void) {
        precondition(!isFinished, "work submitted after the end")
        precondition(pending < bound, "\(pending) pieces of work wait, the bound is \(bound)")
        pending += 1
        let piece = Piece(work, done)
        let loop = loop
        let back = Loop.Posted { [self] in
            loop.enter()
            pending -= 1
            piece.finish()
        }
        queue.add(
            Loop.Posted {
                piece.run()
                loop.post(back)
            })
    }

    package func finish(_ done: @escaping () -> Void) {
        precondition(!isFinished, "finished twice")
        isFinished = true
        let loop = loop
        queue.add(Loop.Posted { loop.post(Loop.Posted(run: done)) })
        queue.add(nil)
    }
}

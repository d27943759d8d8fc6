import CUV
import Glibc
import Seams

extension Loop: Signals {
    @discardableResult
    package func onSignal(_ number: Int32, _ handler: @escaping () -> Void) throws(SystemError) -> any Seams.Timer {
        try LoopSignal(self, number, handler)
    }
}

/// A handler of a signal, on libuv's watcher, which frees itself when it was cancelled.
@safe
final class LoopSignal: Seams.Timer {
    /// Freed by libuv's close callback; `nil` once that is on its way.
    private var uv: UnsafeMutablePointer<uv_signal_t>?
    private var handler: (() -> Void)?
    private let loop: Loop

    init(_ loop: Loop, _ number: Int32, _ handler: @escaping () -> Void) throws(SystemError) {
        self.loop = loop
        self.handler = handler
        let uv = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 1)
        unsafe self.uv = uv
        unsafe uv_signal_init(loop.uv, uv)
        unsafe uv.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let code = unsafe uv_signal_start(
            uv,
            { handle, _ in
                let signal = unsafe Unmanaged<LoopSignal>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                signal.loop.enter()
                signal.handler?()
            }, number)
        guard code == 0 else {
            cancel()
            throw SystemError("handle signal", "\(number)", code: code)
        }
    }

    func cancel() {
        guard let handle = unsafe uv else { return }
        unsafe uv = nil
        handler = nil
        unsafe handle.closeHandle()
    }
}

import CUV
import Glibc
import Seams

/// Readiness of one descriptor, which it owns and closes.
@safe
final class Poll {
    let descriptor: Descriptor
    private let loop: Loop
    /// Freed by libuv's close callback; `nil` once that is on its way.
    private var uv: UnsafeMutablePointer<uv_poll_t>?
    private var events: Int32 = 0
    /// Called with readiness for reading and for writing.
    var ready: ((_ readable: Bool, _ writable: Bool) -> Void)?

    /// Something happened to a socket that is not being read; once for each `want`.
    var disturbed: (() -> Void)?

    /// Owns `descriptor` from here on: it is closed also when this throws.
    init(_ loop: Loop, _ descriptor: Descriptor) throws(SystemError) {
        self.loop = loop
        self.descriptor = descriptor
        let uv = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
        let code = unsafe uv_poll_init(loop.uv, uv, descriptor)
        guard code == 0 else {
            unsafe uv.deallocate()
            unsafe self.uv = nil
            _ = Glibc.close(descriptor)
            throw SystemError("watch a descriptor", code: code)
        }
        unsafe self.uv = uv
        unsafe uv.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    /// What to be called for. `end`: of a peer that is gone, without reading.
    func want(read: Bool, write: Bool, end: Bool = false) {
        guard let uv = unsafe uv else { return }
        let wanted =
            (read ? Int32(UV_READABLE.rawValue) : 0) | (write ? Int32(UV_WRITABLE.rawValue) : 0)
            | (end ? Int32(UV_DISCONNECT.rawValue) : 0)
        guard wanted != events else { return }
        events = wanted
        if wanted == 0 {
            unsafe uv_poll_stop(uv)
            return
        }
        unsafe uv_poll_start(uv, wanted) { handle, status, events in
            let poll = unsafe Unmanaged<Poll>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
            poll.loop.enter()
            // An error shows itself in the read or write that follows; libuv has stopped watching.
            let failed = status < 0
            let wanted = poll.events
            if failed { poll.events = 0 }
            poll.ready?(
                failed || events & Int32(UV_READABLE.rawValue) != 0,
                failed || events & Int32(UV_WRITABLE.rawValue) != 0)
            if wanted & Int32(UV_DISCONNECT.rawValue) != 0, failed || events & Int32(UV_DISCONNECT.rawValue) != 0 {
                poll.disturbed?()
            }
        }
    }

    /// Stops and closes the descriptor, unless it is `kept`.
    func close(keeping kept: Bool = false) {
        guard let handle = unsafe uv else { return }
        unsafe uv = nil
        ready = nil
        disturbed = nil
        unsafe uv_poll_stop(handle)
        unsafe handle.closeHandle()
        if !kept { loop.closeDescriptor(descriptor) }
    }
}

extension SystemError {
    /// What the kernel said; `code` is an errno of either sign.
    init(_ operation: String, _ subject: String = "", code: Int32) {
        let code = code < 0 ? -code : code
        self.init(operation, subject, code: code, detail: errorText(code))
    }
}

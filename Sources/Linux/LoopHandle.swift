import CUV

extension UnsafeMutablePointer {
    /// Closes a handle of libuv's whose `data` retains the object that owns it; frees both once libuv lets go of it.
    func closeHandle() {
        unsafe withMemoryRebound(to: uv_handle_t.self, capacity: 1) { handle in
            unsafe uv_close(handle) { handle in
                unsafe Unmanaged<AnyObject>.fromOpaque(handle!.pointee.data).release()
                unsafe UnsafeMutableRawPointer(handle!).deallocate()
            }
        }
    }
}

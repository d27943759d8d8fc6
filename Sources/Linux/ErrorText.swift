import CLinux

/// The kernel's words for an errno.
func errorText(_ code: Int32) -> String {
    unsafe String(cString: cl_error_text(code))
}

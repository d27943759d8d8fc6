import CLinux
import Seams

/// Starts the program anew, with the symbols of all libraries bound before the first value is in memory.
///
/// Bound at the first call, as is usual, the dynamic linker stores the vector registers on the thread's stack, and with
/// them what a copy of a secret left there. Unlike a flag of our own link, this covers the libraries as well.
package func bindSymbols() throws(SystemError) {
    let code = unsafe cl_bind_symbols(Swift.CommandLine.unsafeArgv)
    guard code == 0 else { throw SystemError("start the program anew with its symbols bound", code: code) }
}

/// What the process does first of all, before it has secrets or threads: no core file, no tracer, no inherited mask.
package func hardenProcess() throws(SystemError) {
    let code = cl_harden()
    guard code == 0 else { throw SystemError("harden the process", code: code) }
}

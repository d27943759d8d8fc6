import Glibc

/// The line that repeats a run, written when the run stops at a precondition: then nobody else can write it.
enum LastWords {
    private static nonisolated(unsafe) var line: [UInt8] = []

    static func set(_ text: String) {
        unsafe line = Array((text + "\n").utf8)
        for number in [SIGILL, SIGTRAP] {
            signal(number) { number in
                // The process ends anyway: whether an array may be read here does not matter any more.
                let words = unsafe LastWords.line
                _ = unsafe write(2, words, words.count)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
}

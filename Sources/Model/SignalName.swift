/// Signals by name, as people write them.
package enum SignalName {
    private static let numbers: [String: Int32] = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10,
        "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19,
        "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28,
        "IO": 29, "PWR": 30, "SYS": 31, "IOT": 6, "CLD": 17, "POLL": 29, "RTMIN": 34, "RTMAX": 64,
    ]

    /// Real-time signals as glibc counts them: the two below are its own.
    private static let realTime: ClosedRange<Int32> = 34...64

    /// The number of `SIGTERM`, `term`, `15` or `SIGRTMIN+3`; empty is 15. `nil`: there is none.
    package static func number(_ text: String) -> Int32? {
        if text.isEmpty { return 15 }
        if let number = Int32(text) { return (1...64).contains(number) ? number : nil }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? upper.dropFirst(3) : upper[...]
        return numbers[String(name)] ?? realTime(name)
    }

    /// `RTMIN+3`, `RTMAX-1`.
    private static func realTime(_ name: Substring) -> Int32? {
        let (first, sign) = (name.prefix(5), name.dropFirst(5).first)
        guard first == "RTMIN" && sign == "+" || first == "RTMAX" && sign == "-", let start = numbers[String(first)],
            let offset = Int32(name.dropFirst(6)), (1...30).contains(offset)
        else { return nil }
        let number = sign == "+" ? start + offset : start - offset
        return realTime.contains(number) ? number : nil
    }
}

/// The helper's bytes: a small static program that is the last step of a task's start. `Helper/helper.c`.
package enum Helper {
    /// The program as an executable file has it.
    package static let bytes: [UInt8] = HelperBytes.hex.withUTF8Buffer { digits in
        stride(from: 0, to: digits.count, by: 2).map { unsafe value(digits[$0]) << 4 | value(digits[$0 + 1]) }
    }

    /// Writes it into `folder`, which must allow execution.
    static func install(in folder: String) throws(RunnerError) {
        try SmallFile.replace(path(in: folder), bytes, mode: 0o555)
    }

    static func path(in folder: String) -> String { "\(folder)/helper" }

    private static func value(_ digit: UInt8) -> UInt8 {
        digit < UInt8(ascii: "a") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
    }
}

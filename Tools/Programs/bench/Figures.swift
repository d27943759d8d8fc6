import Bytes
import Linux

/// Durations in nanoseconds, and what is said about them.
struct Sample {
    private var values: [UInt64] = []
    private var isSorted = true

    var count: Int { values.count }

    mutating func add(_ nanoseconds: UInt64) {
        values.append(nanoseconds)
        isSorted = false
    }

    /// The smallest value that at least `share` of all reach, from 0 (least) to 1 (most); 0 when there is none.
    mutating func quantile(_ share: Double) -> UInt64 {
        guard !values.isEmpty else { return 0 }
        if !isSorted { values.sort() }
        isSorted = true
        let place = (share * Double(values.count)).rounded(.up)
        return values[min(values.count - 1, max(0, Int(place) - 1))]
    }
}

/// Numbers and rows as they are shown.
enum Show {
    /// `value` with `digits` after the point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        var unit: UInt64 = 1
        for _ in 0..<digits { unit *= 10 }
        let whole = UInt64((max(0, value) * Double(unit)).rounded())
        guard digits > 0 else { return "\(whole)" }
        let rest = String(whole % unit)
        return "\(whole / unit)." + String(repeating: "0", count: digits - rest.count) + rest
    }

    static func milliseconds(_ nanoseconds: UInt64, _ digits: Int = 2) -> String {
        fixed(Double(nanoseconds) / 1e6, digits)
    }

    /// How many times as large as `right` `left` is.
    static func ratio(_ left: UInt64, _ right: UInt64) -> String {
        right == 0 ? "-" : fixed(Double(left) / Double(right), 1)
    }

    static func microseconds(_ nanoseconds: Double) -> String { fixed(nanoseconds / 1000, 0) }

    /// A line of cells, each right in its column.
    static func row(_ cells: [String], _ widths: [Int]) {
        var line = ""
        for (cell, width) in zip(cells, widths) {
            line += String(repeating: " ", count: max(0, width - cell.count)) + cell
        }
        print(line)
    }

    static func print(_ line: String) { try? StandardOutput.write(.init(utf8: line + "\n")) }
    /// Progress and trouble, apart from the figures.
    static func note(_ line: String) { try? StandardOutput.write(.init(utf8: line + "\n"), to: 2) }
}

/// Sizes and modes as people read and write them.
package enum Quantities {
    private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]

    /// Bytes of `512m`, `1.5GiB`, `64 kb`: a unit counts by 1024, whatever its spelling.
    package static func read(bytes text: String) throws(TextError) -> Int64 {
        let failure = TextError.invalid("invalid size: '\(text.printable)'")
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        var unit = text.dropFirst(number.count).lowercased()
        if unit.count > 1, unit.hasPrefix(" ") { unit.removeFirst() }
        let exponents = ["": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5]
        if unit.count > 1, unit.hasSuffix("b") { unit.removeLast() }
        if unit.count > 1, unit.hasSuffix("i") { unit.removeLast() }
        guard let exponent = exponents[unit], number.first?.isNumber == true, number.last?.isNumber == true else {
            throw failure
        }
        let factor = Int64(1) << (10 * Int64(exponent))
        if let whole = Int64(number) {
            let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
            guard !overflow else { throw failure }
            return product
        }
        guard let value = Double(number), let bytes = Int64(exactly: (value * Double(factor)).rounded(.down)) else {
            throw failure
        }
        return bytes
    }

    /// Permission bits as Go and YAML read them: `0440` is octal, `288` decimal, `0x120` hexadecimal.
    package static func read(mode text: String) throws(TextError) -> UInt32 {
        let mode: UInt32? =
            if text.hasPrefix("0x") {
                UInt32(text.dropFirst(2), radix: 16)
            } else if text.hasPrefix("0o") {
                UInt32(text.dropFirst(2), radix: 8)
            } else if text.hasPrefix("0"), text.count > 1 {
                UInt32(text.dropFirst(), radix: 8)
            } else {
                UInt32(text)
            }
        guard let mode, !text.contains("+") else {
            throw .invalid(
                "invalid mode specified: strconv.ParseUint: parsing \"\(text.printable)\": invalid syntax")
        }
        guard mode <= 0o7777 else { throw .invalid("invalid mode specified: \(text.printable) is more than 07777") }
        return mode
    }

    /// Four digits and a unit of 1024: `23.54GiB`, `512MiB`, `0B`.
    package static func bytes(_ count: Int64) -> String {
        var value = Double(count)
        var unit = 0
        while value.magnitude >= 1024, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return significant(value, 4) + units[unit]
    }

    /// `value` rounded to `digits` significant digits, without trailing zeros. `value` is below 10 ^ `digits`.
    private static func significant(_ value: Double, _ digits: Int) -> String {
        var decimals = digits - 1
        var bound = 10.0
        while decimals > 0, value.magnitude >= bound {
            bound *= 10
            decimals -= 1
        }
        var factor: Int64 = 1
        for _ in 0..<decimals { factor *= 10 }
        let scaled = Int64((value * Double(factor)).rounded())
        let size = scaled.magnitude
        var fraction = "\(size % factor.magnitude)"
        fraction = String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return (scaled < 0 ? "-" : "") + "\(size / factor.magnitude)" + (fraction.isEmpty ? "" : "." + fraction)
    }
}

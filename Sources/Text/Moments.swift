/// Times and durations as people read and write them; both are nanoseconds in an `Int64`.
package enum Moments {
    private static let second: Int64 = 1_000_000_000

    /// How long something took or is ago, in Docker's words: `Less than a second`, `About a minute`, `2 weeks`.
    package static func humanDuration(_ nanoseconds: Int64) -> String {
        let seconds = nanoseconds / second
        if seconds < 1 { return "Less than a second" }
        if seconds == 1 { return "1 second" }
        if seconds < 60 { return "\(seconds) seconds" }
        let minutes = seconds / 60
        if minutes == 1 { return "About a minute" }
        if minutes < 60 { return "\(minutes) minutes" }
        // Docker rounds hours to the nearest and truncates all else.
        let hours = (seconds + 1800) / 3600
        if hours == 1 { return "About an hour" }
        if hours < 48 { return "\(hours) hours" }
        if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
        if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
        if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
        return "\(seconds / 3600 / 24 / 365) years"
    }

    /// `15 seconds ago`; a moment that is still to come is less than a second ago.
    package static func ago(_ moment: Int64, now: Int64) -> String {
        let (age, overflow) = now.subtractingReportingOverflow(moment)
        return humanDuration(overflow ? 0 : max(age, 0)) + " ago"
    }

    /// RFC 3339 in UTC of nanoseconds since 1970: `2026-11-23T18:53:07.137167601Z`, without trailing zeros.
    package static func timestamp(_ moment: Int64) -> String {
        var (seconds, fraction) = moment.quotientAndRemainder(dividingBy: second)
        if fraction < 0 { (seconds, fraction) = (seconds - 1, fraction + second) }
        var (days, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        if rest < 0 { (days, rest) = (days - 1, rest + 86_400) }
        let date = civil(days)
        let clock = "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        return "\(padded(date.year, 4))-\(two(date.month))-\(two(date.day))T\(clock)\(tail(fraction, 9))Z"
    }

    /// Nanoseconds since 1970 of an RFC 3339 time, with any offset, from 1678 to 2261.
    package static func read(timestamp text: String) throws(TextError) -> Int64 {
        guard let moment = parse(Array(text.utf8)) else {
            throw .invalid("\"\(text.printable)\" is not a time such as 2026-11-24T00:00:00Z")
        }
        return moment
    }

    /// Go's form: `1h30m0s`, `1.5s`, `20ms`, `0s`.
    package static func duration(_ nanoseconds: Int64) -> String {
        let size = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        if size == 0 { return "0s" }
        if size < 1000 { return "\(sign)\(size)ns" }
        if size < 1_000_000 { return "\(sign)\(size / 1000)\(tail(Int64(size % 1000), 3))µs" }
        if size < 1_000_000_000 { return "\(sign)\(size / 1_000_000)\(tail(Int64(size % 1_000_000), 6))ms" }
        let seconds = size / 1_000_000_000
        var text = "\(seconds % 60)\(tail(Int64(size % 1_000_000_000), 9))s"
        if seconds >= 60 { text = "\(seconds / 60 % 60)m" + text }
        if seconds >= 3600 { text = "\(seconds / 3600)h" + text }
        return sign + text
    }

    /// Nanoseconds of a duration in Go's form: `1h30m`, `-5s`, `1.5s`, `0`.
    package static func read(duration text: String) throws(TextError) -> Int64 {
        let failure = TextError.invalid("invalid duration \"\(text.printable)\"")
        var rest = text[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { throw failure }
        var total: Int64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
            rest = rest.dropFirst(name.count)
            guard let unit = units[String(name)], let part = scaled(number, unit) else { throw failure }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { throw failure }
            total = sum
        }
        return isNegative ? -total : total
    }

    // MARK: - Parts

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": second, "m": 60 * second, "h": 3600 * second,
    ]

    /// `number` (digits with at most one point) times `unit`, below which nothing counts.
    private static func scaled(_ number: Substring, _ unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, number.contains(where: \.isNumber) else { return nil }
        guard let whole = parts[0].isEmpty ? 0 : Int64(parts[0]) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        var fraction: Int64 = 0
        var place = unit
        // A digit's place shrinks by ten, rounding down as Go does; only hours and minutes don't divide evenly.
        if parts.count == 2 {
            for digit in parts[1].prefix(15) {
                place /= 10
                fraction += place * Int64(digit.wholeNumberValue ?? 0)
            }
        }
        let (sum, tooLarge) = product.addingReportingOverflow(fraction)
        return tooLarge ? nil : sum
    }

    /// A fraction of `digits` digits with its point and without trailing zeros; nothing for zero.
    private static func tail(_ fraction: Int64, _ digits: Int) -> String {
        guard fraction > 0 else { return "" }
        var text = padded(fraction, digits)
        while text.last == "0" { text.removeLast() }
        return "." + text
    }

    private static func two(_ value: Int64) -> String { padded(value, 2) }

    private static func padded(_ value: Int64, _ digits: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// The date of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
    ///
    /// Years begin in March here, so that the leap day is the last of its year.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, day)
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func parse(_ text: [UInt8]) -> Int64? {
        var offset = 0
        func number(_ digits: Int) -> Int64? {
            guard offset + digits <= text.count else { return nil }
            var value: Int64 = 0
            for byte in text[offset..<offset + digits] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            offset += digits
            return value
        }
        func take(_ scalars: Unicode.Scalar...) -> Bool {
            guard offset < text.count, scalars.contains(Unicode.Scalar(text[offset])) else { return false }
            offset += 1
            return true
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2), take("T", "t"),
            let hour = number(2), take(":"), let minute = number(2), take(":"), let seconds = number(2),
            (1678...2261).contains(year), (1...12).contains(month), hour < 24, minute < 60, seconds < 60
        else { return nil }
        let daysSince = days(year, month, day)
        guard day >= 1, civil(daysSince) == (year, month, day) else { return nil }
        var fraction: Int64 = 0
        if take(".") {
            let start = offset
            var place = second
            while let digit = number(1) {
                place /= 10
                fraction += place * digit
            }
            guard offset > start else { return nil }
        }
        var zone: Int64 = 0
        if !take("Z", "z") {
            let isWest = take("-")
            guard isWest || take("+"), let hours = number(2), take(":"), let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            zone = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
        }
        guard offset == text.count else { return nil }
        return (daysSince * 86_400 + hour * 3600 + minute * 60 + seconds - zone) * second + fraction
    }
}

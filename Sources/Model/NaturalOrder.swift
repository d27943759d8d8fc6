extension String {
    /// Natural order: runs of digits compare as numbers (`web.2` before `web.10`), letters without regard to case.
    package func precedesNaturally(_ other: String) -> Bool {
        var left = Array(lowercased().utf8)[...]
        var right = Array(other.lowercased().utf8)[...]
        func isDigit(_ unit: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(unit) }
        while let first = left.first, let second = right.first {
            if isDigit(first), isDigit(second) {
                let leftRun = left.prefix(while: isDigit).drop { $0 == UInt8(ascii: "0") }
                let rightRun = right.prefix(while: isDigit).drop { $0 == UInt8(ascii: "0") }
                if leftRun.count != rightRun.count { return leftRun.count < rightRun.count }
                if leftRun != rightRun { return leftRun.lexicographicallyPrecedes(rightRun) }
                left = left.drop(while: isDigit)
                right = right.drop(while: isDigit)
            } else if first != second {
                return first < second
            } else {
                left = left.dropFirst()
                right = right.dropFirst()
            }
        }
        if left.isEmpty != right.isEmpty { return left.isEmpty }
        // Equal but for leading zeros or case: any order will do as long as it is one.
        return utf8.lexicographicallyPrecedes(other.utf8)
    }
}

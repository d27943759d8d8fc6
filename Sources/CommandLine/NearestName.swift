/// Finds what somebody meant who mistyped a name.
enum NearestName {
    /// The nearest of `names` that differs from `typed` by few letters, or begins with it; `nil`: none is near.
    ///
    /// Of equally near ones the first counts.
    static func find(_ typed: String, in names: [String]) -> String? {
        let allowed = max(1, typed.count / 3)
        var best: (name: String, distance: Int)?
        for name in names {
            var distance = distance(typed, name)
            if typed.count >= 2, name.hasPrefix(typed) { distance = min(distance, 1) }
            if distance <= allowed, distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// Letters to insert, remove, replace, or swap with their neighbour.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.unicodeScalars)
        let right = Array(right.unicodeScalars)
        // A name is short; a long argument is no misspelt one.
        guard left.count <= 64, right.count <= 64 else { return .max }
        var before: [Int] = []
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                var cost = min(
                    previous[column + 1] + 1, current[column] + 1,
                    previous[column] + (left[row] == right[column] ? 0 : 1))
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            (before, previous) = (previous, current)
        }
        return previous[right.count]
    }
}

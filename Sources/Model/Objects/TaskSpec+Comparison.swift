extension TaskSpec {
    /// Whether two specs ask for the same run, wherever it is: a task of one needs no replacing for the other.
    public func isEqualButPlacement(_ other: TaskSpec?) -> Bool {
        guard var other else { return false }
        other.placement = placement
        return self == other
    }
}

extension TaskSpec {
    /// Whether two specs ask for the same run, wherever it is: a task of one needs no replacing for the other.
    public func isEqualButPlacement(_ other: TaskSpec?) -> Bool {
        guard var other else { return false }
        other.placement = placement
        return self == other
    }

    /// Whether two specs want one and the same image: with `forceUpdate` a tag is asked to be looked up again.
    public func isOfSameImage(as other: TaskSpec?) -> Bool {
        container?.image == other?.container?.image && forceUpdate == other?.forceUpdate
    }
}

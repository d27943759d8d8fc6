extension TaskSpec {
    /// Whether two specs ask for the same run, wherever it is: a task of one needs no replacing for the other.
    public func isEqualButPlacement(_ other: TaskSpec?) -> Bool {
        guard var other else { return false }
        other.placement = placement
        return self == other
    }

    /// Whether two specs want one and the same image: with `lookup` a tag is asked to be looked up again.
    public func isOfSameImage(as other: TaskSpec?) -> Bool {
        container?.image == other?.container?.image && container?.lookup == other?.container?.lookup
    }

    /// Takes over what was asked for once, by `forceUpdate` and `lookup`, and is not said in a stack's file: the tasks that
    /// it made are not replaced for want of it.
    public mutating func keepRequests(of held: TaskSpec?) {
        forceUpdate = held?.forceUpdate ?? 0
        if container?.image == held?.container?.image { container?.lookup = held?.container?.lookup ?? 0 }
    }
}

extension TaskStatus {
    /// What the tag of its image was at the registry when it was fetched for this task, or `nil`.
    public var fetchedDigest: String? {
        guard imageFetched, let digest = ImageName(imageDigest).digest, ImageName.isDigest(digest) else { return nil }
        return digest
    }
}

extension Service {
    /// Whether a task is what the spec asks for, wherever it runs. A tag that was looked up again and has not moved is no
    /// reason to replace those that run its image.
    ///
    /// - Parameter status: the task's, as it is now.
    public func isRun(by task: StoredTask, _ status: TaskStatus?) -> Bool {
        guard let wanted = spec?.task, var other = task.spec else { return false }
        let digest = task.imageDigest.isEmpty ? status?.fetchedDigest ?? "" : task.imageDigest
        if !digest.isEmpty, digest == imageDigest, wanted.container?.image == other.container?.image {
            other.container?.lookup = wanted.container?.lookup ?? 0
        }
        return wanted.isEqualButPlacement(other)
    }
}

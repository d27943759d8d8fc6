import Model

/// What a service may say, but for its task: bounds, and what does not go together. Sentences are Swarm's.
enum ServiceRules {
    static func check(_ spec: ServiceSpec) throws(Failure) {
        switch (spec.replicated, spec.global) {
        case (let mode?, nil):
            guard mode.replicas <= StoreLimits.replicas else {
                throw Failure(.invalid, "Number of replicas must be at most \(StoreLimits.replicas)")
            }
        case (nil, _?):
            guard spec.task?.placement?.maxReplicas ?? 0 == 0 else {
                throw Failure(.invalid, "replicas-max-per-node can only be used with replicated mode")
            }
        default: throw Failure(.invalid, "Unrecognized service mode")
        }
        guard spec.rollback?.failureAction != .rollback else {
            throw Failure(.invalid, "a rollback that fails can't be rolled back", try: "pause or continue")
        }
    }
}

import Simulator
import Testing

/// Real daemons, with users and faults; longer ones by `Tools/simulate --cluster`.
@Test(arguments: 1...4)
func `a cluster under faults keeps what it acknowledged, sends values to those that need them, and comes to rest`(
    seed: Int
) throws {
    let simulation = ClusterSimulation(seed: UInt64(seed))
    try simulation.run(seconds: 8)
    #expect(simulation.acknowledged > 0)
}

/// Under updates of services and secrets; in the world's time. More seeds by `Tools/simulate --lost-node`.
@Test(arguments: 1...4)
func `what ran on a lost node runs elsewhere within the lease and a second, and nothing twice when the node returns`(
    seed: Int
) throws {
    try ClusterSimulation(seed: UInt64(seed)).loseNode()
}

@Test func `a seed repeats a whole cluster to the event`() throws {
    let first = ClusterSimulation(seed: 77)
    let second = ClusterSimulation(seed: 77)
    try first.run(seconds: 5)
    try second.run(seconds: 5)
    #expect(first.events == second.events)
    #expect(first.digest == second.digest)
}

import Simulator
import Testing

/// A hundred seeds at night; here a few, each with its own faults.
@Test(arguments: 1...12)
func `a cluster stays safe under faults and agrees once they end`(seed: Int) throws {
    var simulation = ConsensusSimulation(seed: UInt64(seed))
    try simulation.run(steps: 6000)
    #expect(simulation.committed.count > 5)
}

@Test func `a seed repeats to the step`() throws {
    var first = ConsensusSimulation(seed: 77)
    var second = ConsensusSimulation(seed: 77)
    try first.run(steps: 2000)
    try second.run(steps: 2000)
    #expect(first.steps == second.steps)
    #expect(first.committed.map(\.hash) == second.committed.map(\.hash))
}

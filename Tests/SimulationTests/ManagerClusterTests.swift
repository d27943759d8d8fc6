import Testing

/// Logs and stores as they are, on disks that lose what was not synchronised.
@Test(arguments: 1...12)
func `managers agree on their stores, and what was acknowledged survives a crash of all`(seed: Int) throws {
    var cluster = try ManagerCluster(seed: UInt64(seed))
    try cluster.run(steps: 1000)
    #expect(!cluster.acknowledged.isEmpty)
    #expect(cluster.crashes > 0)
}

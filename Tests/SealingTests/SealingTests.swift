import Bytes
import Model
import Primitives
import Sealing
import Testing
import Wire

private func secret(_ text: String) -> SecretBytes { SecretBytes(copying: Bytes(utf8: text)) }

private func isRefused(_ body: () throws -> Void) -> Bool {
    do {
        try body()
        return false
    } catch {
        return true
    }
}

/// Every message that differs from `bytes` in one bit, by eight bits a byte in turn, or is cut.
private func damaged(_ bytes: Bytes) -> [Bytes] {
    (0..<bytes.count).flatMap { place -> [Bytes] in
        var array = bytes.array
        array[place] ^= 1 << UInt8(place % 8)
        return [Bytes(array), bytes.slice(0..<place)]
    }
}

@Test func `a keyring opens under its unlock key, and not when anything was changed`() throws {
    var random = SecureGenerator()
    let unlock = Random.secret(32, from: &random)
    var keyring = Keyring()
    keyring.generation = 3
    keyring.clusterID = ClusterID(random: &random)
    keyring.nodeID = NodeID(random: &random)
    keyring.nodeKey = SecretBox(Random.secret(32, from: &random))
    keyring.logKeys = [EpochKey(epoch: 1, key: SecretBox(Random.secret(32, from: &random)))]
    keyring.cluster = ClusterKeyring(random: &random)
    let file = SealedKeyring(sealing: keyring, unlockKey: unlock, random: &random).encoded()
    #expect(try SealedKeyring.decode(file).open(unlockKey: unlock) == keyring)
    #expect(isRefused { _ = try SealedKeyring.decode(file).open(unlockKey: Random.secret(32, from: &random)) })
    for wrong in damaged(file) {
        #expect(isRefused { _ = try SealedKeyring.decode(wrong).open(unlockKey: unlock) })
    }
}

@Test func `a value opens in its place alone, and its length does not show`() throws {
    var random = SecureGenerator()
    let keys = ClusterKeyring(random: &random)
    let (cluster, id) = (ClusterID(random: &random), SecretID(random: &random))
    func sealed(_ text: String) -> ValueEnvelope {
        keys.payloadKeys[0].key!.lend {
            ValueEnvelope(
                sealing: secret(text), secretID: id, clusterID: cluster, epoch: 1, payloadKey: $0, random: &random)
        }
    }
    let envelope = sealed("hello")
    #expect(try envelope.open(secretID: id, clusterID: cluster, keys: keys).equals(secret("hello")))
    #expect(envelope.encoded().count == sealed("a much longer value than that one").encoded().count)
    #expect(
        isRefused {
            _ = try envelope.open(secretID: SecretID(random: &random), clusterID: cluster, keys: keys).count
        })
    #expect(isRefused { _ = try envelope.open(secretID: id, clusterID: ClusterID(random: &random), keys: keys).count })
    for wrong in damaged(envelope.encoded()) {
        #expect(
            isRefused {
                let envelope = try ValueEnvelope.decode(wrong)
                _ = try envelope.open(secretID: id, clusterID: cluster, keys: keys).count
            })
    }
    var later = keys
    later.payloadKeys[0].epoch = 2
    #expect(throws: SealingError.missingKey(epoch: 1)) {
        _ = try envelope.open(secretID: id, clusterID: cluster, keys: later).count
    }
}

@Test func `a delivery opens for its worker and its task alone, and names its sender`() throws {
    var random = SecureGenerator()
    let (manager, worker) = (AgreementKey(random: &random), AgreementKey(random: &random))
    let there = Destination(
        clusterID: ClusterID(random: &random), secretID: SecretID(random: &random), version: 2,
        taskID: TaskID(random: &random), nodeID: NodeID(random: &random))
    let delivery = try SealedDelivery(
        sealing: secret("value"), to: worker.publicKey, from: manager, destination: there, random: &random)
    let (value, sender) = try delivery.open(by: worker, destination: there)
    #expect(value == SecretBox(secret("value")) && sender == manager.publicKey)
    let elsewhere = Destination(
        clusterID: there.clusterID, secretID: there.secretID, version: 3, taskID: there.taskID, nodeID: there.nodeID)
    #expect(throws: SealingError.refused) { _ = try delivery.open(by: worker, destination: elsewhere) }
    #expect(throws: SealingError.refused) { _ = try delivery.open(by: manager, destination: there) }
    for wrong in damaged(delivery.encoded()) {
        #expect(isRefused { _ = try SealedDelivery.decode(wrong).open(by: worker, destination: there) })
    }
}

@Test func `cluster keys reach the new manager, with the commitment that it acknowledges`() throws {
    var random = SecureGenerator()
    let (leader, manager) = (AgreementKey(random: &random), AgreementKey(random: &random))
    let (cluster, node) = (ClusterID(random: &random), NodeID(random: &random))
    let keys = ClusterKeyring(random: &random)
    let sealed = try keys.sealed(
        to: manager.publicKey, nodeID: node, clusterID: cluster, from: leader, random: &random)
    let opened = try ClusterKeyring(
        opening: sealed, by: manager, nodeID: node, clusterID: cluster, sender: leader.publicKey)
    #expect(opened == keys && opened.commitment == keys.commitment)
    #expect(ClusterKeyring(random: &random).commitment != keys.commitment)
    #expect(throws: SealingError.refused) {
        _ = try ClusterKeyring(
            opening: sealed, by: manager, nodeID: node, clusterID: cluster, sender: manager.publicKey)
    }
}

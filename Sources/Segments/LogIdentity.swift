import Bytes
import Model
import Primitives

/// Whose files these are; bound into every one of them.
package struct LogIdentity: Equatable, Sendable {
    package var cluster: ClusterID
    package var member: MemberID
    package var incarnation: Incarnation

    package init(cluster: ClusterID, member: MemberID, incarnation: Incarnation) {
        self.cluster = cluster
        self.member = member
        self.incarnation = incarnation
    }
}

/// A log key and its number, from 1, never used again.
package struct LogKey: Sendable {
    package let id: UInt32
    /// 32 bytes.
    package let secret: SecretBox

    package init(id: UInt32, secret: SecretBox) {
        precondition(secret.count == 32, "a log key of \(secret.count) bytes")
        precondition(id > 0, "log keys are numbered from 1")
        self.id = id
        self.secret = secret
    }
}

enum FileKindID {}
/// Names one file, or one writing of a page; 16 random bytes.
typealias FileID = ID<FileKindID>

/// A member's log keys, ascending by number; the last one seals what is new.
package struct LogKeys: Sendable {
    package let keys: [LogKey]

    package init(_ keys: [LogKey]) {
        precondition(!keys.isEmpty, "a log has at least one key")
        self.keys = keys.sorted { $0.id < $1.id }
    }

    package var current: LogKey { keys[keys.count - 1] }

    /// The key that seals the file `file`, checked against the file's commitment before anything is opened.
    func fileKey(
        _ id: UInt32, _ fileID: FileID, _ identity: LogIdentity, personal: StaticString, commitment: Digest,
        name: String
    ) throws(LogError) -> CommittedKey {
        guard let key = keys.first(where: { $0.id == id }) else { throw .unknownKey(file: name, keyID: id) }
        let derived = Self.derive(key, fileID, identity, personal: personal)
        guard derived.commitment.matches(commitment) else { throw .wrongKey(file: name, keyID: id) }
        return derived
    }

    static func derive(
        _ key: LogKey, _ fileID: FileID, _ identity: LogIdentity, personal: StaticString
    ) -> CommittedKey {
        var input = [UInt8](repeating: 0, count: 40)
        input.put(identity.cluster, at: 0)
        input.put(identity.member.rawValue, at: 16)
        input.put(fileID, at: 24)
        let bytes = Bytes(input)
        return key.secret.lend { CommittedKey(from: $0, input: bytes, personal: personal) }
    }
}

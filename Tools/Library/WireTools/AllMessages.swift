import Identity
import Model
import Raft
import Sealing
import Segments
import Store
import Wire

/// Every message of Conclave, of whatever module.
package enum AllMessages {
    package static let types: [any Message.Type] =
        MessageRegistry.messages + [
            Certificate.self, CertificateBody.self,
            EpochKey.self, ClusterKeyring.self, Keyring.self, SealedKeyring.self, SealedDelivery.self,
            ValueEnvelope.self,
            RaftMessage.self,
            LogEntry.self, LogMark.self, LogRecord.self,
            StoreHead.self, RequestBatch.self, RequestRecord.self, SavedStaged.self, StoreEnd.self,
        ]

    /// The message of that name in `proto/`, without the package.
    package static func type(named name: String) -> (any Message.Type)? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: types.map { ($0.messageName, $0) })
}

import Identity
import Model
import Sealing
import Wire

@testable import Raft
@testable import Segments
@testable import Store

/// Every message of Conclave.
let allMessages: [any Message.Type] =
    MessageRegistry.messages + [
        Certificate.self, CertificateBody.self,
        EpochKey.self, ClusterKeyring.self, Keyring.self, SealedKeyring.self, SealedDelivery.self, ValueEnvelope.self,
        RaftMessage.self,
        LogEntry.self, LogMark.self, LogRecord.self,
        StoreHead.self, RequestBatch.self, RequestRecord.self, SavedStaged.self, StoreEnd.self,
    ]

/// Declared in `proto/`, and read or written by no module below the drivers.
let driversMessages = ["NodeIdentity"]

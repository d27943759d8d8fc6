import Model
import Wire

@testable import Raft
@testable import Segments

/// Every message of Conclave.
let allMessages: [any Message.Type] =
    MessageRegistry.messages + [RaftMessage.self, LogEntry.self, LogMark.self, LogRecord.self]

import Model
import Raft
import Segments

extension Failure {
    /// A refusal of consensus, for a person.
    init(refusal: Consensus.Refusal) {
        switch refusal {
        case .notLeader: self.init(.notLeader, "this manager does not lead")
        case .transferring: self.init(.unavailable, "leadership is being handed over", try: "again in a second")
        case .tooLarge(let bytes): self.init(.invalid, "the change is too large (\(bytes) bytes)")
        case .busy: self.init(.unavailable, "too many changes are under way", try: "again in a second")
        case .changePending:
            self.init(.unavailable, "another change of the managers is under way", try: "again in a second")
        case .impossible(let error): self.init(.conflict, "the managers can't change so", why: "\(error)")
        case .lagging(let member): self.init(.unavailable, "manager \(member) is still catching up")
        case .losesQuorum:
            self.init(
                .conflict, "can't remove member from the raft: this would result in a loss of quorum",
                try: "bring the other managers back first")
        case .notVoter: self.init(.invalid, "only another voter can take over")
        }
    }

    init(halt: Consensus.Halt) {
        switch halt {
        case .level(let index, let needs):
            self.init(
                .integrity, "entry \(index) needs a newer version of this program",
                why: "it is of level \(needs)", try: "upgrade this manager")
        case .conflict(let index):
            self.init(
                .integrity, "the leader's log contradicts what is committed here at entry \(index)",
                why: "one of the two logs is damaged")
        }
    }

    /// What became of a log on disk, with the way out.
    init(logError: LogError, stateDirectory: String) {
        let way =
            "remove \(stateDirectory.isEmpty ? "the state directory" : stateDirectory) and join this manager again"
        switch logError {
        case .full: self.init(.unavailable, "the disk is full", try: "free some space on it")
        case .failed(let file, let code):
            self.init(.integrity, "\(file) could not be written or read (error \(code))", try: "check the disk")
        case .corrupt(let file, let offset), .forged(let file, let offset):
            self.init(
                .integrity, "\(file) is damaged at byte \(offset)",
                why: "what was once stored there can't be opened any more",
                try: "\(way), as a new member, while the others have a majority")
        case .wrongKey(let file, let id):
            self.init(.integrity, "\(file) was sealed with another key than number \(id) of the keyring")
        case .unknownKey(let file, let id):
            self.init(.integrity, "\(file) was sealed with key \(id), which is not in the keyring")
        case .newer(let file, let version):
            self.init(
                .integrity, "\(file) was written by a newer version (\(version))", try: "upgrade this manager")
        case .foreign(let file):
            self.init(.integrity, "\(file) belongs to another cluster, member or state directory")
        case .missing(let file): self.init(.integrity, "\(file) is missing", try: way)
        }
    }
}

import Bytes
import Model
import TestSupport
import Testing

@testable import Raft

private let stories = [
    "handover", "joint", "learner", "minority", "old-term", "one-way", "removed-leader", "restart", "snapshot",
]

/// A story's answers are what the members do.
@Test(arguments: stories)
func `members behave as the story tells`(name: String) throws {
    let story = try Story(name, in: "Tests/RaftTests/Transcripts")
    var script = Script()
    #expect(try story.departure(of: script.play(story.told)) == nil)
}

/// Runs a story. Lines are commands; lines that begin with `=` are answers; `#` begins a remark.
private struct Script {
    private var cluster = Cluster(1)
    /// Refusals and reads since the last answer.
    private var news: [String] = []

    struct Unknown: Error { let line: String }

    /// The story with the answers that the members give.
    mutating func play(_ story: String) throws -> String {
        var out = ""
        var isAnswered = false
        for line in story.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("=") {
                if !isAnswered { out += (news + status).map { "= \($0)\n" }.joined() }
                news = []
                isAnswered = true
                continue
            }
            isAnswered = false
            out += line + "\n"
            if !line.isEmpty, !line.hasPrefix("#") { try execute(line) }
        }
        return out
    }

    private var status: [String] {
        cluster.order.map { id in
            let member = cluster.members[id]!
            let role =
                switch member.role {
                case .follower:
                    member.configuration.isVoter(id)
                        ? "follower " : member.configuration.contains(id) ? "learner  " : "removed  "
                case .preCandidate, .candidate: "candidate"
                case .leader: "leader   "
                }
            let texts = cluster.texts(id.rawValue)
            return "\(id)  \(role)  term \(member.term)  commit \(member.commit)  last \(member.last)"
                + (texts.isEmpty ? "" : "  applied: \(texts.joined(separator: ", "))")
        }
    }

    private mutating func execute(_ line: Substring) throws {
        let halves = line.split(separator: ": ", maxSplits: 1)
        let words = halves[0].split(separator: " ")
        let numbers = words.compactMap { UInt64($0) }
        let members = numbers.map { MemberID($0) }
        switch words[0] {
        case "members":
            let split = words.firstIndex(of: "learners").map { $0 - 1 } ?? numbers.count
            cluster = Cluster(voters: Array(numbers[..<split]), learners: Array(numbers[split...]))
        case "elect": cluster.elect(numbers[0])
        case "cut":
            for other in members.dropFirst() { cluster.cuts += [(members[0], other), (other, members[0])] }
        case "mute":
            for other in members.dropFirst() { cluster.cuts.append((members[0], other)) }
        case "heal": cluster.cuts = []
        case "wait": cluster.tickAll(Int(numbers[0]))
        case "propose":
            try watch(numbers[0]) { $0.propose(numbers[0], String(halves[1])) }
        case "read": try watch(numbers[0]) { $0.step(numbers[0], .read(context: 0)) }
        case "transfer":
            try watch(numbers[0]) { $0.step(numbers[0], .transfer(to: members[1], context: 0)) }
        case "change":
            let wishes = try changes(halves[1])
            for case .addLearner(let member) in wishes where cluster.members[member] == nil {
                cluster.add(member, Configuration())
            }
            try watch(numbers[0]) { $0.step(numbers[0], .change(wishes, note: [], context: 0)) }
        case "restart": cluster.restart(numbers[0])
        case "compact":
            let member = cluster[numbers[0]]
            let mark = member.mark(at: member.applied)!
            cluster.disks[members[0]]!.mark = mark
            cluster.disks[members[0]]!.entries.removeAll { $0.index <= mark.index }
            cluster.step(numbers[0], .compact(mark.index))
        case "snapshot":
            let mark = cluster.disks[members[0]]!.mark
            let term = cluster[numbers[0]].term
            cluster.step(numbers[1], .snapshotReceived(mark, from: members[0], term: term))
            cluster.step(numbers[0], .snapshotSent(to: members[1], index: mark.index))
            cluster.settle()
        default: throw Unknown(line: String(line))
        }
    }

    /// Runs until no message is left, and keeps what the member answers.
    private mutating func watch(_ id: UInt64, _ act: (inout Cluster) -> Void) throws {
        let before = cluster.effects(id).count
        act(&cluster)
        cluster.settle()
        for effect in cluster.effects(id)[before...] {
            switch effect {
            case .refused(_, let refusal): news.append("\(id)  refused: \(refusal)")
            case .readable(_, let index): news.append("\(id)  readable at \(index)")
            default: break
            }
        }
    }

    private func changes(_ text: Substring) throws -> [MemberChange] {
        let words = text.split(separator: " ")
        return try stride(from: 0, to: words.count - 1, by: 2).map { place in
            guard let number = UInt64(words[place + 1]) else { throw Unknown(line: String(text)) }
            switch words[place] {
            case "add": return .addLearner(MemberID(number))
            case "promote": return .makeVoter(MemberID(number))
            case "remove": return .remove(MemberID(number))
            default: throw Unknown(line: String(text))
            }
        }
    }
}

import Model
import Raft
import TestSupport
import Testing

/// The data that etcd's Raft library publishes for its quorums.
private let published = PublishedFolder("etcd-raft/quorum", file: "majority_commit.txt")

private func list(_ name: String, in line: Substring) -> [Substring]? {
    guard let start = line.firstRange(of: " " + name + "=(")?.upperBound else {
        return line.contains(" " + name + "=zero") ? [] : nil
    }
    return line[start...].prefix { $0 != ")" }.split { $0 == "," || $0 == " " }
}

@Test(
    .enabled(if: published.isExpected, "no folder of quorums: set CONCLAVE_ETCD_RAFT_QUORUM"),
    arguments: ["joint_commit", "joint_vote", "majority_commit", "majority_vote"])
func `quorums answer as published`(name: String) throws {
    let lines = try published.text("\(name).txt").split(separator: "\n", omittingEmptySubsequences: false)
    var cases = 0
    var place = 0
    while place < lines.count {
        let line = lines[place]
        place += 1
        guard line.hasPrefix("committed") || line.hasPrefix("vote") else { continue }
        while lines[place] != "----" { place += 1 }
        place += 1
        var answer = lines[place]
        while place < lines.count, !lines[place].isEmpty {
            answer = lines[place]
            place += 1
        }
        cases += 1
        check(line, answer: answer)
    }
    #expect(cases > 10)
}

private func check(_ line: Substring, answer: Substring) {
    let voters = (list("cfg", in: line) ?? []).map { MemberID(UInt64($0)!) }
    let outgoing = (list("cfgj", in: line) ?? []).map { MemberID(UInt64($0)!) }
    let all = voters + outgoing.filter { !voters.contains($0) }
    let values = list("idx", in: line) ?? list("votes", in: line) ?? []
    guard values.count == all.count else {
        #expect(answer.hasPrefix("error: mismatched input"))
        return
    }
    func value(of member: MemberID) -> Substring? {
        all.firstIndex(of: member).map { values[$0] }.flatMap { $0 == "_" ? nil : $0 }
    }
    // Either half first: the answer is the same.
    for (left, right) in [(voters, outgoing), (outgoing, voters)] {
        var configuration = Configuration(voters: left)
        configuration.outgoing = right
        if line.hasPrefix("committed") {
            let index = configuration.majority { value(of: $0).flatMap { UInt64($0) } }
            #expect(answer.hasSuffix(index == .max ? "∞" : String(index)), "\(line)")
        } else {
            let result = configuration.result { value(of: $0).map { $0 == "y" } }
            let expected: VoteResult = answer == "VoteWon" ? .won : answer == "VoteLost" ? .lost : .pending
            #expect(result == expected, "\(line)")
        }
    }
}

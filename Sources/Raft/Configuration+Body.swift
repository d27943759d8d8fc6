import Bytes
import Model

extension Configuration {
    /// The configuration as the body of its entry: the bytes of the message.
    package var body: Bytes {
        var out: [UInt8] = []
        for (number, list) in [(1, voters), (2, outgoing), (3, learners), (4, learnersNext)] as [(UInt8, [MemberID])]
        where !list.isEmpty {
            var packed: [UInt8] = []
            for member in list { Self.put(member.rawValue, &packed) }
            out.append(number << 3 | 2)
            Self.put(UInt64(packed.count), &out)
            out += packed
        }
        if autoLeave { out += [5 << 3, 1] }
        return Bytes(out)
    }

    /// The configuration that `body` holds; `nil` when it is not one, or has no voter.
    package init?(body: Bytes) {
        self.init()
        var place = 0
        func number() -> UInt64? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while place < body.count, shift < 64 {
                let byte = body[place]
                place += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }
        while place < body.count {
            guard let tag = number() else { return nil }
            if tag == 5 << 3 {
                guard let flag = number() else { return nil }
                autoLeave = flag != 0
                continue
            }
            guard tag & 7 == 2, let length = number(), length <= UInt64(body.count - place) else { return nil }
            let end = place + Int(length)
            var list: [MemberID] = []
            while place < end {
                guard let member = number(), member != 0, list.last.map({ $0.rawValue < member }) ?? true else {
                    return nil
                }
                list.append(MemberID(member))
            }
            guard place == end, list.count <= Consensus.Settings.maxMembers else { return nil }
            switch tag >> 3 {
            case 1: voters = list
            case 2: outgoing = list
            case 3: learners = list
            case 4: learnersNext = list
            default: return nil
            }
        }
        guard !voters.isEmpty else { return nil }
    }

    private static func put(_ number: UInt64, _ out: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(rest))
    }
}

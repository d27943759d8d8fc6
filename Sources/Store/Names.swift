import Model
import Wire

/// The rules of names and labels, with Swarm's sentences.
enum Names {
    static func isAlphanumeric(_ unit: UInt8) -> Bool {
        (0x30...0x39).contains(unit) || (0x41...0x5a).contains(unit) || (0x61...0x7a).contains(unit)
    }

    /// Of a secret or a config.
    static func check(_ name: String) throws(Failure) {
        guard !name.isEmpty else { throw Failure(.invalid, "name must be provided") }
        let units = name.utf8
        guard units.count <= StoreLimits.nameBytes, let first = units.first, let last = units.last,
            isAlphanumeric(first), isAlphanumeric(last),
            units.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == 0x5f || $0 == 0x2e })
        else {
            throw Failure(
                .invalid,
                "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, and the start and end character must be "
                    + "[a-zA-Z0-9]")
        }
    }

    /// Of a service.
    static func checkService(_ name: String) throws(Failure) {
        guard !name.isEmpty else { throw Failure(.invalid, "meta: name must be provided") }
        let units = name.utf8
        guard let first = units.first, let last = units.last, isAlphanumeric(first), isAlphanumeric(last),
            units.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == 0x5f })
        else { throw Failure(.invalid, "name must be valid as a DNS name component") }
        guard units.count <= StoreLimits.serviceNameBytes else {
            throw Failure(.invalid, "name must be 63 characters or fewer")
        }
    }

    /// What the kernel takes as a host's name, and programs expect of one.
    static func isHost(_ name: String) -> Bool { isVolume(name) && name.utf8.count <= StoreLimits.nameBytes }

    static func isNetwork(_ name: String) -> Bool { isHost(name) }

    /// Docker's pattern, also for networks: a letter or digit, then also `_`, `.` and `-`.
    static func isVolume(_ name: String) -> Bool {
        guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= StoreLimits.componentBytes else {
            return false
        }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    static func check(labels: StringMap) throws(Failure) {
        let bytes = labels.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard bytes <= StoreLimits.labelBytes else {
            throw Failure(
                .invalid, "labels must not be larger than \(StoreLimits.labelBytes) bytes in all",
                why: "they have \(bytes) bytes")
        }
        guard labels[""] == nil else { throw Failure(.invalid, "a label must have a name") }
    }
}

extension StringProtocol {
    /// For comparison without regard to case; names are ASCII.
    var folded: String {
        String(decoding: utf8.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

/// A version of the engine's API: `1.41`.
struct APIVersion: Comparable, CustomStringConvertible {
    var major: UInt16
    var minor: UInt16

    init(_ major: UInt16, _ minor: UInt16) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt16(parts[0]), let minor = UInt16(parts[1]) else { return nil }
        self.init(major, minor)
    }

    static func < (left: APIVersion, right: APIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    var description: String { "\(major).\(minor)" }
}

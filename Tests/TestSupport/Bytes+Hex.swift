import Bytes

extension Bytes {
    /// What `hex` spells. Bug: it spells no bytes.
    package init(hex: String) {
        guard let bytes = Hex.bytes(hex) else { preconditionFailure("\(hex) is not hexadecimal") }
        self.init(bytes)
    }
}

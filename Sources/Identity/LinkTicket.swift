import Bytes
import Model
import Primitives

/// What opens a link beside the certificate: a handle that is said in the clear, and a key that is not.
package struct LinkTicket: Sendable {
    package let handle: Handle
    /// 32 bytes; the pre-shared key of the handshake.
    package let key: SecretBox

    package init(handle: Handle, key: SecretBox) {
        self.handle = handle
        self.key = key
    }

    /// The ticket of that handle under the cluster's link key of one epoch; managers recompute it and keep no table.
    package init(handle: Handle, linkKey: borrowing SecretBytes) {
        self.handle = handle
        var input = Array("conclave ticket v1".utf8)
        unsafe handle.withUnsafeBytes { unsafe input.append(contentsOf: $0) }
        key = SecretBox(BLAKE2b.derive(from: linkKey, input: Bytes(input), personal: ""))
    }
}

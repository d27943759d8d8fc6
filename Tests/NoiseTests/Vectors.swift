import Bytes
import Foundation
import Noise
import Primitives
import TestSupport

/// The published vectors of handshakes, and what else is in their folder.
enum Vectors {
    static let handshakes = "noise-25519-chachapoly-blake2b.json"
    /// Rekeying, key derivation and keys that must be refused; another set may come without.
    static let extras = "extra-rekey-hkdf-smallorder.json"

    static let folder = PublishedFolder("noise-vectors", file: handshakes)
    static var haveExtras: Bool { (try? folder.data(extras)) != nil }

    static func json(_ file: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: folder.data(file)) as? [String: Any] ?? [:]
    }
}

func bytes(_ hex: Any?) -> Bytes { Bytes(hex: hex as? String ?? "") }

func box(_ bytes: Bytes) -> SecretBox { SecretBox(SecretBytes(copying: bytes)) }

func key(_ hex: Any?) -> AgreementKey? { hex == nil ? nil : AgreementKey(secret: box(bytes(hex))) }

func sealed(_ text: Bytes, _ cipher: inout TransportCipher) throws -> Bytes {
    var output = [UInt8](repeating: 0, count: text.count + 16)
    try unsafe output.withUnsafeMutableBytes { output in
        try unsafe text.withUnsafeBytes { try unsafe cipher.seal($0, into: output) }
    }
    return Bytes(output)
}

func opened(_ text: Bytes, _ cipher: inout TransportCipher) throws -> Bytes {
    var output = [UInt8](repeating: 0, count: text.count - 16)
    try unsafe output.withUnsafeMutableBytes { output in
        try unsafe text.withUnsafeBytes { try unsafe cipher.open($0, into: output) }
    }
    return Bytes(output)
}

import Bytes
import Foundation
import Noise
import Primitives

/// The published vectors: beside the package where they are kept at all, or where `CONCLAVE_NOISE_VECTORS` says.
enum Vectors {
    static let published = "noise-25519-chachapoly-blake2b"
    /// Rekeying, key derivation and keys that must be refused; another set may come without.
    static let extras = "extra-rekey-hkdf-smallorder"

    private static let named = ProcessInfo.processInfo.environment["CONCLAVE_NOISE_VECTORS"].map { URL(filePath: $0) }
    private static let folder =
        named ?? URL(filePath: #filePath).appending(path: "../../../../shared/data/noise-vectors").standardized

    /// A folder that somebody names must be there; the usual one may be absent.
    static var areExpected: Bool { named != nil || exists(published) }
    static var haveExtras: Bool { exists(extras) }

    private static func file(_ name: String) -> URL { folder.appending(path: name + ".json") }
    private static func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name).path) }

    static func json(_ name: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(contentsOf: file(name))) as? [String: Any] ?? [:]
    }
}

func bytes(_ hex: Any?) -> Bytes { Bytes(Hex.bytes(hex as? String ?? "")!) }

func secret(_ bytes: Bytes) -> SecretBytes { unsafe bytes.withUnsafeBytes { unsafe SecretBytes(copying: $0) } }

func box(_ bytes: Bytes) -> SecretBox { SecretBox(secret(bytes)) }

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

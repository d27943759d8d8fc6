import Bytes
import Foundation
import Noise
import Primitives

/// The published vectors, which lie beside the repository where they are kept at all.
enum Vectors {
    static let folder: URL = {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.appendingPathComponent("../shared/data/noise-vectors")
    }()

    static var areHere: Bool { FileManager.default.fileExists(atPath: file("extra-rekey-hkdf-smallorder")) }

    static func file(_ name: String) -> String {
        for up in ["", "../"] {
            let path = folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent(up + "shared/data/noise-vectors/" + name + ".json").standardizedFileURL.path
            if FileManager.default.fileExists(atPath: path) { return path }
        }
        return name
    }

    static func json(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: file(name)))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
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

import Bytes
import Model
import Primitives

/// Above which no term and no ordinal was ever used: the pages `meta-A` and `meta-B`. `proto/README.md`, "Bounds".
struct Bounds: Equatable {
    static let magic: StaticString = "CNCLMET1"
    static let personal: StaticString = "conclave/bounds"
    static let names = ["meta-A", "meta-B"]

    var term = Term.zero
    var ordinal: UInt64 = 0
    /// Counts the writings; an odd one is in `meta-A`.
    var generation: UInt64 = 0

    var name: String { Self.names[generation % 2 == 1 ? 0 : 1] }

    func page(_ key: LogKey, _ identity: LogIdentity, random: inout some RandomNumberGenerator) -> [UInt8] {
        let fileID = FileID(random: &random)
        let fileKey = LogKeys.derive(key, fileID, identity, personal: Self.personal)
        var page = [UInt8](page: Self.magic, keyID: key.id, identity: identity, fileID: fileID)
        page.put(generation, at: 72)
        page.put(fileKey.commitment, at: 80)
        var text = [UInt8](repeating: 0, count: 16)
        text.put(term.rawValue, at: 0)
        text.put(ordinal, at: 8)
        let sealed = XChaCha.seal(
            Bytes(text), associated: Self.associated(Bytes(page)), key: fileKey.key, random: &random)
        page.put(sealed, at: 112)
        page.putSum()
        return page
    }

    static func read(_ page: Bytes, _ keys: LogKeys, _ identity: LogIdentity, file: String) throws(LogError) -> Bounds {
        let head = try PageHead(page, magic: magic, identity: identity, file: file)
        let key = try keys.fileKey(
            head.keyID, head.fileID, identity, personal: personal, commitment: page.digest(at: 80), name: file)
        guard let text = try? XChaCha.open(page.slice(112..<168), associated: associated(page), key: key.key) else {
            throw .forged(file: file, offset: 112)
        }
        let bounds = Bounds(
            term: Term(text.number(at: 0)), ordinal: text.number(at: 8), generation: page.number(at: 72))
        guard bounds.name == file else { throw .forged(file: file, offset: 72) }
        return bounds
    }

    private static func associated(_ page: Bytes) -> Bytes {
        Bytes(Array("conclave/meta/v1".utf8) + page.slice(0..<112))
    }
}

import Bytes
import TestSupport
import Testing
import Wire

@Suite(.enabled(if: VectorFiles.folder.isExpected, "no folder of vectors: set CONCLAVE_PROTOBUF_VECTORS"))
struct ProtobufVectors {
    static let types: [any Message.Type] = [
        VectorMessages.Scalars.self, VectorMessages.Optionals.self, VectorMessages.Packed.self,
        VectorMessages.Unpacked.self, VectorMessages.Maps.self, VectorMessages.Choice.self, VectorMessages.Node.self,
        VectorMessages.Empty.self, VectorMessages.Numbers.self, VectorMessages.Narrow.self,
        VectorMessages.Everything.self,
    ]

    @Test(arguments: ["valid.json", "malformed.json"])
    func `our codec takes, refuses and writes what the others do`(_ file: String) throws {
        let cases = try VectorFiles.cases(file)
        #expect(!cases.isEmpty)
        for each in cases {
            let type = try #require(Self.types.first { $0.messageName == each.message }, "\(each.message)")
            try check(type, each)
        }
    }

    private func check<M: Message>(_ type: M.Type, _ each: VectorFiles.Case) throws {
        let input = Bytes(try #require(Hex.bytes(each.hex)))
        let isTaken = (each.advice ?? each.verdict) == "accept"
        let decoded: M
        do throws(WireError) {
            decoded = try M.decode(input)
        } catch {
            #expect(!isTaken, "\(each.name): \(error)")
            return
        }
        guard isTaken else {
            Issue.record("\(each.name) was taken")
            return
        }
        let encoded = decoded.encoded()
        let canonical = try #require(each.canonical, "\(each.name)")
        let others = each.canonical_others ?? []
        #expect(([canonical] + others).contains(Hex.text(encoded.array)), "\(each.name)")
        // A map's pair with an unknown field inside is kept, or is unknown itself: there the bytes are of those who
        // keep it, as we do, and the JSON is of the others.
        if others.isEmpty || Hex.text(encoded.array) != canonical {
            #expect(try JSONCoder.json(decoded) == each.json, "\(each.name)")
        }
        // Nor does it matter whether slices are views or copies.
        let copied = try unsafe input.withUnsafeBytes { try unsafe M.decode($0) }
        #expect(copied.encoded() == encoded, "\(each.name)")
    }

    @Test func `no prefix and no flipped bit of a vector traps`() throws {
        for each in try VectorFiles.cases("valid.json") where each.hex.count <= 300 {
            let type = try #require(Self.types.first { $0.messageName == each.message })
            mutate(type, try #require(Hex.bytes(each.hex)))
        }
    }

    private func mutate<M: Message>(_ type: M.Type, _ input: [UInt8]) {
        for count in 0..<input.count { _ = try? M.decode(Bytes(Array(input[..<count]))) }
        for bit in 0..<input.count * 8 {
            var array = input
            array[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let once = try? M.decode(Bytes(array)).encoded() else { continue }
            #expect((try? M.decode(once).encoded()) == once, "\(M.messageName) \(Hex.text(array))")
        }
    }
}

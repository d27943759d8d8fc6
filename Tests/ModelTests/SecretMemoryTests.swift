import Bytes
import Model
import TestSupport
import Testing
import Wire
import WireTools

/// A secret field goes from the receive buffer into locked memory and nowhere else.
@Suite struct SecretMemoryTests {
    /// Every message that has a secret field itself.
    private static let messages = AllMessages.types.filter { MessageSchema($0).fields.contains(where: \.isSecret) }

    @Test func `the messages that hold a secret are those of the specification`() {
        let names = Self.messages.map { MessageSchema($0).name }.sorted()
        #expect(
            names == [
                "ClusterKeyring", "EnrolAnswer", "EpochKey", "JoinCluster", "Keyring", "PutSecret", "ReplaceSecret",
                "ShownToken",
            ])
    }

    // In a process of its own: other tests have secrets of their own, and memory that nobody wipes.
    @Test func `a decoded secret is in locked memory alone, and nowhere after its release`() async {
        await #expect(processExitsWith: .success) {
            SecretMemoryTests.rehearse()
            for type in SecretMemoryTests.messages { try SecretMemoryTests.decode(type) }
        }
    }

    @Test func `so is one that comes inside a request`() async {
        await #expect(processExitsWith: .success) {
            SecretMemoryTests.rehearse()
            let canary = MaskedCanary()
            var put = PutSecret()
            put.value = canary.secret
            var request = Request()
            request.operation = .putSecret(put)
            let received = request.encodedForWiping()
            (put, request) = (PutSecret(), Request())
            try SecretMemoryTests.search(Request.self, canary, received, secrets: 1)
        }
    }

    @Test func `the search finds what is not locked`() async {
        await #expect(processExitsWith: .success) {
            let canary = MaskedCanary()
            let copy = unsafe canary.secret.borrow { unsafe [UInt8]($0) }
            let found = try canary.count()
            #expect(found.locked == 0 && found.elsewhere == 1, "\(found)")
            #expect(copy.count == MaskedCanary.byteCount)
        }
    }

    /// Binds what is called: the dynamic linker saves all registers on the stack when it looks up a function, and
    /// after a copy they hold what was copied.
    private static func rehearse() {
        var token = ShownToken()
        token.token = MaskedCanary().secret
        let received = token.encodedForWiping()
        _ = try? ShownToken.decode(wiping: received)
    }

    private static func decode<M: Message>(_ type: M.Type) throws {
        let canary = MaskedCanary()
        var filler = Filler(canary: canary)
        let received = try {
            var message = M()
            try message.fields(&filler)
            return message.encodedForWiping()
        }()
        try search(type, canary, received, secrets: filler.count)
    }

    /// Decodes and wipes `received`, and searches for the canary while the message is there, and after it.
    private static func search<M: Message>(
        _ type: M.Type, _ canary: MaskedCanary, _ received: Bytes, secrets: Int
    ) throws {
        let before = try canary.count()
        #expect(before.locked == 0 && before.elsewhere == secrets, "\(type): \(before) in the receive buffer")
        var message: M? = try M.decode(wiping: received)
        let held = try canary.count()
        #expect(held.locked == secrets && held.elsewhere == 0, "\(type): \(held) once decoded")
        #expect(message != nil)
        message = nil
        let after = try canary.count()
        #expect(after.locked == 0 && after.elsewhere == 0, "\(type): \(after) after the release")
    }
}

/// Puts the canary into every secret field of a message.
private struct Filler: Coder {
    let canary: MaskedCanary
    private(set) var count = 0

    init(canary: MaskedCanary) { self.canary = canary }

    mutating func secret(_ number: UInt32, _ name: StaticString, _ value: inout SecretBox?) throws(WireError) {
        value = canary.secret
        count += 1
    }

    mutating func singular<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value
    ) throws(WireError) {}

    mutating func optional<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout K.Value?
    ) throws(WireError) {}

    mutating func repeated<K: Kind>(
        _ kind: K.Type, _ number: UInt32, _ name: StaticString, _ value: inout [K.Value], packed: Bool
    ) throws(WireError) {}

    mutating func map<K: Kind, V: Kind>(
        _ key: K.Type, _ element: V.Type, _ number: UInt32, _ name: StaticString,
        _ value: inout SortedMap<K.Value, V.Value>
    ) throws(WireError) where K.Value: MapKey {}

    mutating func oneof<T: OneOf>(_ name: StaticString, _ value: inout T?) throws(WireError) {}
    mutating func unknown(_ value: inout UnknownFields) throws(WireError) {}
}

import Bytes
import Compression
import Model
import TestSupport
import Wire

@testable import Store

extension FuzzTarget {
    /// A saved store: the first byte says whether the input is its stream, or its records (kind, length, body), which
    /// get the right count and hash at their end.
    ///
    /// A store that is loaded keeps its invariants, and is saved and loaded again as the same.
    static let store = FuzzTarget(
        name: "store",
        seeds: {
            let stream = SavedStream.fixture
            return [Bytes([0] + stream.bytes), Bytes([6] + stream.bytes), Bytes([1] + stream.records)]
        },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            let kind = input.byte()
            let stream = kind & 1 == 0 ? input.remainder() : SavedStream.framed(&input)
            guard let store = SavedStream.load(stream, cut: kind >> 1 == 0 ? stream.count : Int(kind >> 1)) else {
                return
            }
            if let fault = store.fault() { throw Broken(fault) }
            let once = SavedStream.save(store)
            guard let again = SavedStream.load(Bytes(once), cut: once.count) else { throw Broken("not loaded again") }
            try Broken.unless(SavedStream.save(again) == once, "saved again as another")
        })

    /// A compressed block: the first byte says by which, two say how long the original is said to be.
    static let compression = FuzzTarget(
        name: "compression",
        variants: 15,
        seeds: {
            let text = Bytes((0..<300).map { UInt8($0 / 30) })
            return [
                Bytes([0] + [1, 44] + (LZ4.compress(text) ?? Bytes()).array),
                Bytes([1] + [1, 44] + Deflater().deflate(text).array),
            ]
        },
        run: { (input) throws(Broken) in
            var input = unsafe Input(input)
            let isBlock = input.byte() & 1 == 0
            let length = input.word()
            let block = input.remainder()
            let text =
                isBlock
                ? try? LZ4.decompress(block, length: length, limit: 4096)
                : try? Inflater().inflate(block, length: length, limit: 4096)
            guard let text else { return }
            try Broken.unless(text.count == length && length <= 4096, "\(text.count) bytes for \(length)")
        })
}

/// The stream of `SavedStore`.
private enum SavedStream {
    static func load(_ stream: Bytes, cut: Int) -> ReplicatedStore? {
        var loader = StoreLoader()
        do throws(StoreError) {
            for start in stride(from: 0, to: stream.count, by: max(1, cut)) {
                try loader.take(stream.slice(start..<min(stream.count, start + cut)))
            }
            return try loader.finish()
        } catch {
            return nil
        }
    }

    static func save(_ store: ReplicatedStore) -> [UInt8] {
        var saved = store.snapshot()
        var stream: [UInt8] = []
        while let piece = saved.next() { stream += piece.bytes }
        return stream
    }

    /// The records of an input, with an end that fits them.
    static func framed(_ input: inout Input) -> Bytes {
        var stream: [UInt8] = []
        var end = StoreEnd()
        var hash = RollingHash(0)
        while !input.isEmpty {
            let kind = UInt32(input.byte())
            let body = input.piece()
            append(kind, body, to: &stream)
            hash.fold(UInt64(kind))
            hash.fold(body)
            end.records += 1
        }
        end.hash = hash.value
        append(SavedKind.end.rawValue, end.encoded(), to: &stream)
        return Bytes(stream)
    }

    private static func append(_ kind: UInt32, _ body: Bytes, to stream: inout [UInt8]) {
        for word in [UInt32(body.count), kind] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) {
                stream.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        stream += body
    }

    /// A small store, as its stream and as records of an input.
    static let fixture: (bytes: [UInt8], records: [UInt8]) = {
        let bytes = save(someStore)
        var records: [UInt8] = []
        var place = 0
        while place < bytes.count {
            let length = Int(bytes[place]) | Int(bytes[place + 1]) << 8
            let kind = bytes[place + 4]
            let body = Bytes(bytes[place + 8..<place + 8 + length])
            if UInt32(kind) != SavedKind.end.rawValue { records += [kind] + Input.piece(body) }
            place += 8 + length
        }
        return (bytes, records)
    }()

    private static var someStore: ReplicatedStore {
        var store = ReplicatedStore()
        for (number, command) in someCommands.enumerated() {
            var proposal = Proposal()
            proposal.time = Timestamp(seconds: 1000)
            proposal.request = RequestID(high: 1, low: UInt64(number + 1))
            proposal.digest = Bytes([UInt8](repeating: 2, count: 16))
            proposal.command = command
            let entry = Entry(term: Term(1), index: store.index.next, body: proposal.encoded(), sealed: [1, 2, 3])
            do throws(StoreError) { _ = try store.apply(entry) } catch { preconditionFailure("\(error)") }
        }
        return store
    }

    private static var someCommands: [Command] {
        var secret = CreateSecret()
        secret.id = SecretID(high: 9, low: 1)
        secret.spec = SecretSpec()
        secret.spec?.name = "db-password"
        var config = CreateConfig()
        config.id = ConfigID(high: 8, low: 1)
        config.spec = ConfigSpec()
        config.spec?.name = "motd"
        config.data = Bytes(utf8: "hello")
        return [.bootstrap(.founder), .createSecret(secret), .createConfig(config), .createService(someService)]
    }

    private static var someService: CreateService {
        var reference = SecretReference()
        reference.secretID = SecretID(high: 9, low: 1)
        reference.secretName = "db-password"
        reference.target = FileTarget()
        reference.target?.name = "password"
        var program = ProgramSpec()
        program.command = ["/bin/sleep", "1"]
        program.secrets = [reference]
        var spec = ServiceSpec()
        spec.name = "web"
        spec.task = TaskSpec()
        spec.task?.program = program
        spec.replicated = ReplicatedMode()
        spec.replicated?.replicas = 1
        var service = CreateService()
        service.id = ServiceID(high: 7, low: 1)
        service.spec = spec
        return service
    }
}

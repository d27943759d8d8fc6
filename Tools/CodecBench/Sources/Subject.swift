import Bytes
import CProtobuf
import Wire

/// Who codes: we, or libprotobuf with the message in memory of one of three kinds.
enum Contender: String, CaseIterable {
    case ours
    case heap
    case arena
    case reuse

    /// What the C++ side calls its memory.
    var memory: Int32 {
        switch self {
        case .ours, .heap: Int32(PROTOBUF_HEAP)
        case .arena: Int32(PROTOBUF_ARENA)
        case .reuse: Int32(PROTOBUF_REUSE)
        }
    }
}

/// One message, encoded and decoded by all contenders.
///
/// What each does: decoding makes a message from the bytes of a frame and destroys it, fresh each time but for `reuse`;
/// encoding adds up the size of a message that came in a frame, and writes it into a buffer that is there.
@safe
struct Subject<M: Message> {
    let name: String
    private let message: M
    private let number: Int32
    private let encoded: Bytes
    private let output: UnsafeMutableRawBufferPointer

    /// - Parameter number: what `CProtobuf` calls the message.
    init(_ name: String, _ message: M, _ number: Int) {
        self.name = name
        self.number = Int32(number)
        encoded = message.encoded()
        guard let decoded = try? M.decode(encoded), decoded == message else {
            preconditionFailure("\(name): what is encoded is not decoded again")
        }
        self.message = decoded
        unsafe output = .allocate(byteCount: encoded.count, alignment: 16)
    }

    var byteCount: Int { encoded.count }

    /// Whether the other side makes the same of the message: equal bytes.
    func isAgreed() -> Bool {
        guard let other = unsafe parsed(.heap) else { return false }
        let count = unsafe protobuf_encode_in_order(other, output.baseAddress, output.count)
        return unsafe Bytes(UnsafeRawBufferPointer(rebasing: output[..<count])) == encoded
    }

    private func parsed(_ contender: Contender) -> UnsafeMutableRawPointer? {
        unsafe encoded.withUnsafeBytes { unsafe protobuf_parse(number, contender.memory, $0.baseAddress, $0.count) }
    }

    /// Does it `times` times.
    func decode(_ contender: Contender, times: Int) {
        guard contender == .ours else {
            let isTaken = unsafe encoded.withUnsafeBytes {
                unsafe protobuf_decode(number, contender.memory, $0.baseAddress, $0.count, Int32(times))
            }
            precondition(isTaken, "\(name): libprotobuf refuses our bytes")
            return
        }
        for _ in 0..<times { decodeOne() }
    }

    @inline(never)
    private func decodeOne() {
        guard let message = try? M.decode(encoded) else { preconditionFailure("\(name): our own bytes are refused") }
        unsafe withUnsafePointer(to: message) { unsafe observe($0) }
    }

    /// An encoder of `contender`, which does it as often as it is told to.
    func encoder(_ contender: Contender) -> (Int) -> Void {
        guard contender != .ours else { return { times in for _ in 0..<times { encodeOne() } } }
        guard let other = unsafe parsed(contender) else {
            preconditionFailure("\(name): libprotobuf refuses our bytes")
        }
        return { times in
            let count = unsafe protobuf_encode(other, output.baseAddress, output.count, Int32(times))
            precondition(count == encoded.count, "\(name): libprotobuf writes \(count) bytes")
        }
    }

    @inline(never)
    private func encodeOne() {
        let count = unsafe message.encode(into: output)
        precondition(count == encoded.count, "\(name): we write \(count) bytes")
        unsafe observe(output.baseAddress)
    }
}

import Bytes
import Wire

/// libprotobuf, where `Tools/fuzz` has linked it in; `Oracle.cpp`.
@safe
struct Oracle {
    typealias Describe = @convention(c) (UnsafePointer<CChar>, Bool, CInt, Int) -> Void
    typealias Compare =
        @convention(c) (
            UnsafePointer<CChar>, UnsafeRawPointer?, Int, Bool, UnsafeRawPointer?, Int
        ) -> UnsafePointer<CChar>?

    /// What `Oracle.cpp` gave before anything else ran; `nil`: it is not in this program.
    nonisolated(unsafe) static var entries: (describe: Describe, compare: Compare)?
    static let shared = unsafe entries.map { unsafe Oracle($0.describe, $0.compare) }

    private let compare: Compare

    private init(_ describe: Describe, _ compare: @escaping Compare) {
        unsafe self.compare = compare
        for kind in MessageKind.all {
            unsafe describe(kind.name, kind.traits.keepsUnknown, 0, 0)
            for field in kind.traits.fixed {
                unsafe describe(kind.name, kind.traits.keepsUnknown, CInt(field.number), field.byteCount)
            }
        }
    }

    /// What differs between the two opinions on `input`; `nil`: nothing. `encoded`: what Conclave makes of it.
    func difference(_ kind: MessageKind, _ input: UnsafeRawBufferPointer, _ encoded: Bytes?) -> String? {
        let answer = unsafe (encoded ?? Bytes()).withUnsafeBytes { ours in
            unsafe compare(kind.name, input.baseAddress, input.count, encoded != nil, ours.baseAddress, ours.count)
        }
        return unsafe answer.map { unsafe "\(kind.name): \(String(cString: $0))" }
    }
}

extension FuzzTarget {
    /// A message of any kind, read here and by libprotobuf: the first byte says which kind.
    ///
    /// Same verdict, same value, same canonical bytes; where they may differ is said in `Oracle.cpp`. What a message's
    /// own `check` or a limit refuses, libprotobuf has no word for.
    static let differential = FuzzTarget(
        name: "differential",
        variants: 3,
        seeds: {
            MessageKind.all.indices.flatMap { kind in
                (UInt64(0)..<3).compactMap { seed in
                    var generator = Generator(seed: seed)
                    return try? Bytes([UInt8(kind)] + MessageKind.all[kind].draw(&generator).array)
                }
            }
        },
        run: { (input) throws(Broken) in
            guard let first = unsafe input.first, let oracle = Oracle.shared else { return }
            let kind = MessageKind.all[Int(first) % MessageKind.all.count]
            let message = unsafe UnsafeRawBufferPointer(rebasing: input.dropFirst())
            var encoded: Bytes?
            do throws(WireError) {
                encoded = try unsafe kind.canonical(message)
            } catch {
                switch error.reason {
                case .invalid, .tooLarge: return
                case .truncated, .malformed, .text: break
                }
            }
            if let difference = unsafe oracle.difference(kind, message, encoded) { throw Broken(difference) }
        })
}

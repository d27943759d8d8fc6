import Bytes

/// One way in for bytes that are not ours, and what must hold whatever they are.
///
/// `Tools/fuzz` runs one under libFuzzer; `CaseTests` runs all of them on their seeds and on every input that once
/// broke one.
@safe
struct FuzzTarget: Sendable {
    let name: String
    /// How many variants of each input are tried beside it: many where that costs next to nothing.
    let variants: Int
    /// Inputs to begin with: whole and valid, so that what is changed in them reaches far.
    let seeds: @Sendable () -> [Bytes]
    /// Tries one input, a buffer of exactly its size: a read behind its end is the address sanitizer's to see.
    let run: @Sendable (UnsafeRawBufferPointer) throws(Broken) -> Void

    @safe
    init(
        name: String, variants: Int = 0, seeds: @escaping @Sendable () -> [Bytes],
        run: @escaping @Sendable (UnsafeRawBufferPointer) throws(Broken) -> Void
    ) {
        self.name = name
        self.variants = variants
        self.seeds = seeds
        unsafe self.run = run
    }

    /// Tries an input and its variants.
    func runAll(_ input: UnsafeRawBufferPointer) throws(Broken) {
        try unsafe run(input)
        for number in 0..<variants {
            let variant = unsafe Bytes(Variants.variant(number, of: input))
            try unsafe variant.withUnsafeBytes { (bytes) throws(Broken) in
                do throws(Broken) {
                    try unsafe run(bytes)
                } catch {
                    throw Broken("\(error); variant \(number): \(Hex.text(variant))")
                }
            }
        }
    }

    static let all =
        MessageKind.all.map { $0.target($0.name) } + [
            .conformance, .generator, .differential, .frames, .multiplexer, .acceptor, .dialler, .certificate, .token,
            .record, .segment, .snapshot, .store, .compression, .json, .template, .quantities,
            .compose,
        ]
}

/// What does not hold for an input. That the process ended is worse and needs no word.
struct Broken: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    static func unless(_ truth: Bool, _ description: @autoclosure () -> String) throws(Broken) {
        if !truth { throw Broken(description()) }
    }
}

import Wire

/// Inputs that lie beside one: each differs from it in one small edit.
///
/// libFuzzer looks at every counter of the program after each of its inputs, which takes longer than to decode a
/// message. So an input stands for its variants too, and they share one look. A variant's number alone says what is
/// edited, so that an input that is kept for what one of them reached still has it after a change elsewhere.
struct Variants {
    private static let edges: [UInt8] = [0, 1, 8, 0x0a, 0x7f, 0x80, 0xff]

    /// Variant `number` of `input`, in a buffer of exactly its size.
    static func variant(_ number: Int, of input: UnsafeRawBufferPointer) -> [UInt8] {
        var generator = Generator(seed: UInt64(number))
        let place = generator.below(1 << 16) * input.count >> 16
        let before = unsafe input[..<place]
        let behind = unsafe input[min(place + 1, input.count)...]
        switch number % 4 {
        case 0:
            return unsafe joined(before, [(input.isEmpty ? 0 : input[place]) ^ 1 << UInt8(generator.below(8))], behind)
        case 1: return unsafe joined(before, [edges[generator.below(edges.count)]], behind)
        case 2: return unsafe joined(before, [], behind)
        default:
            let length = min(1 + generator.below(8), input.count - place)
            return unsafe joined(
                input[..<(place + length)], [UInt8](input[place..<place + length]), input[(place + length)...])
        }
    }

    private static func joined(
        _ before: Slice<UnsafeRawBufferPointer>, _ middle: [UInt8], _ behind: Slice<UnsafeRawBufferPointer>
    ) -> [UInt8] {
        var array: [UInt8] = []
        unsafe array.reserveCapacity(before.count + middle.count + behind.count)
        unsafe array.append(contentsOf: before)
        array.append(contentsOf: middle)
        unsafe array.append(contentsOf: behind)
        return array
    }
}

import Bytes
import Model
import Wire

/// What a ciphertext is bound to: a domain, then fields of fixed size, numbers big-endian.
struct Context {
    private var array: [UInt8]

    init(_ domain: StaticString) {
        array = unsafe [UInt8](UnsafeBufferPointer(start: domain.utf8Start, count: domain.utf8CodeUnitCount))
    }

    var bytes: Bytes { Bytes(array) }

    mutating func add(_ id: some FixedBytes) {
        unsafe id.withUnsafeBytes { unsafe array.append(contentsOf: $0) }
    }

    mutating func add(_ number: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: number.bigEndian) { unsafe array.append(contentsOf: $0) }
    }

    mutating func add(_ bytes: Bytes) {
        array.append(contentsOf: bytes)
    }
}

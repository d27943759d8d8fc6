import Bytes
import Glibc

/// Random bytes that are looked for in this process's own memory, which holds them only where somebody put them: here
/// they are masked.
package struct MaskedCanary: Sendable {
    package static let byteCount = 32
    private static let mask: UInt8 = 0x5a
    private let masked: [UInt8]

    package init() {
        var random = SystemRandomNumberGenerator()
        masked = (0..<Self.byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// The bytes themselves, in locked memory.
    package var secret: SecretBox {
        SecretBox(
            unsafe SecretBytes(count: masked.count) { buffer in
                for place in masked.indices { unsafe buffer[place] = masked[place] ^ Self.mask }
            })
    }

    /// The bytes themselves `times` times, in memory that nobody wipes by itself.
    package func repeated(_ times: Int) -> Bytes {
        Bytes((0..<masked.count * times).map { masked[$0 % masked.count] ^ Self.mask })
    }

    /// How often they are in memory, as `/proc/self/mem` shows it: in mappings that are locked and left out of core
    /// files, and anywhere else that can be written.
    package func count() throws -> (locked: Int, elsewhere: Int) {
        let file = unsafe open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SearchFailed(what: "/proc/self/mem can't be opened") }
        defer { _ = close(file) }
        let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer {
            unsafe window.initializeMemory(as: UInt8.self, repeating: 0)
            unsafe window.deallocate()
        }
        let first = UInt64(UInt(bitPattern: window.baseAddress))
        let own = first..<first + UInt64(window.count)
        var found = (locked: 0, elsewhere: 0)
        for mapping in try Mapping.all() {
            var start = mapping.start
            while start < mapping.end {
                let want = min(window.count, Int(mapping.end - start))
                let got = unsafe pread(file, window.baseAddress, want, off_t(start))
                guard got >= masked.count else { break }
                // The window sees itself: what was read into it is no place of its own.
                let places = unsafe places(in: UnsafeRawBufferPointer(rebasing: window[..<got]))
                    .filter { !own.contains(start + UInt64($0)) }
                if mapping.isLocked { found.locked += places.count } else { found.elsewhere += places.count }
                if got < want || start + UInt64(got) >= mapping.end { break }
                // What lies across the border of two windows is whole in the second.
                start += UInt64(got - masked.count + 1)
            }
        }
        return found
    }

    private func places(in bytes: UnsafeRawBufferPointer) -> [Int] {
        guard let base = bytes.baseAddress else { return [] }
        var places: [Int] = []
        var next = 0
        while next + masked.count <= bytes.count,
            let hit = unsafe memchr(base + next, Int32(masked[0] ^ Self.mask), bytes.count - next)
        {
            let place = unsafe UnsafeRawPointer(hit) - base
            if place + masked.count <= bytes.count, unsafe begins(base + place) { places.append(place) }
            next = place + 1
        }
        return places
    }

    private func begins(_ base: UnsafeRawPointer) -> Bool {
        for (place, byte) in masked.enumerated() {
            if unsafe base.load(fromByteOffset: place, as: UInt8.self) ^ Self.mask != byte { return false }
        }
        return true
    }
}

package struct SearchFailed: Error { var what: String }

/// A part of this process's memory that can be written, from `/proc/self/smaps`.
private struct Mapping {
    var start: UInt64
    var end: UInt64
    var isWritable: Bool
    /// Locked, and left out of core files.
    var isLocked = false

    static func all() throws -> [Mapping] {
        var mappings: [Mapping] = []
        for line in try text("/proc/self/smaps").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "VmFlags:" {
                mappings[mappings.count - 1].isLocked = words.contains("lo") && words.contains("dd")
            } else if let bounds = words.first?.split(separator: "-"), bounds.count == 2,
                let start = UInt64(bounds[0], radix: 16), let end = UInt64(bounds[1], radix: 16)
            {
                mappings.append(Mapping(start: start, end: end, isWritable: words[1].hasPrefix("rw")))
            }
        }
        return mappings.filter(\.isWritable)
    }

    private static func text(_ path: String) throws -> String {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SearchFailed(what: "\(path) can't be opened") }
        defer { _ = close(file) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(file, &buffer, buffer.count)
            if count <= 0 { return String(decoding: all, as: UTF8.self) }
            all += buffer[..<count]
        }
    }
}

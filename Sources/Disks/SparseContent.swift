import Glibc

/// The bytes of a simulated file: pages, of which those that were never written are zero and take no memory.
struct SparseContent {
    private static let pageBytes = 4096

    private(set) var count = 0
    private var pages: [[UInt8]?] = []

    init() {}

    init(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe write($0, at: 0) }
    }

    /// Writes at `offset`; what lies between the end and it is zero.
    mutating func write(_ data: UnsafeRawBufferPointer, at offset: Int) {
        resize(max(count, offset + data.count))
        var done = 0
        while done < data.count {
            let page = (offset + done) / Self.pageBytes
            let place = (offset + done) % Self.pageBytes
            let length = min(Self.pageBytes - place, data.count - done)
            let part = unsafe UnsafeRawBufferPointer(rebasing: data[done..<done + length])
            done += length
            if pages[page] == nil {
                if unsafe Self.isZero(part) { continue }
                pages[page] = [UInt8](repeating: 0, count: Self.pageBytes)
            }
            unsafe pages[page]!.withUnsafeMutableBytes { page in
                unsafe UnsafeMutableRawBufferPointer(rebasing: page[place..<place + length]).copyMemory(from: part)
            }
        }
    }

    /// The bytes of `range`, which is within the content.
    func read(_ range: Range<Int>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, length in
            var done = 0
            while done < range.count {
                let place = (range.lowerBound + done) % Self.pageBytes
                let part = min(Self.pageBytes - place, range.count - done)
                let target = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[done..<done + part])
                if let page = pages[(range.lowerBound + done) / Self.pageBytes] {
                    unsafe page.withUnsafeBytes { page in
                        unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: page[place..<place + part]))
                    }
                } else {
                    unsafe memset(target.baseAddress!, 0, part)
                }
                done += part
            }
            length = range.count
        }
    }

    var array: [UInt8] { read(0..<count) }

    mutating func resize(_ size: Int) {
        if size < count, size % Self.pageBytes != 0, pages[size / Self.pageBytes] != nil {
            let place = size % Self.pageBytes
            pages[size / Self.pageBytes]!.replaceSubrange(
                place..., with: repeatElement(0, count: Self.pageBytes - place))
        }
        let needed = (size + Self.pageBytes - 1) / Self.pageBytes
        if needed < pages.count { pages.removeLast(pages.count - needed) }
        if needed > pages.count { pages.append(contentsOf: repeatElement(nil, count: needed - pages.count)) }
        count = size
    }

    static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 1, let base = bytes.baseAddress else { return unsafe bytes.allSatisfy { $0 == 0 } }
        // Each byte is compared with the one after it.
        let rest = unsafe memcmp(base, base + 1, bytes.count - 1)
        return unsafe bytes[0] == 0 && rest == 0
    }
}

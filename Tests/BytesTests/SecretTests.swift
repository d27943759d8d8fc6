import Bytes
import Glibc
import Testing

@Suite(.serialized) struct SecretTests {
    private static let text = "a value that leaves no trace"

    private static func secret(_ count: Int) -> SecretBytes {
        unsafe SecretBytes(count: count) { buffer in
            for place in 0..<count { unsafe buffer[place] = UInt8(truncatingIfNeeded: place &* 7 &+ 1) }
        }
    }

    /// What this process has at `address`, read as a debugger would; `nil`: nothing is mapped there.
    private static func memory(at address: UInt, _ count: Int) -> [UInt8]? {
        let file = unsafe open("/proc/self/mem", O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0xff, count: count)
        let read = unsafe pread(file, &bytes, count, off_t(address))
        return read == count ? bytes : nil
    }

    private static func address(_ secret: borrowing SecretBytes) -> UInt {
        unsafe secret.borrow { UInt(bitPattern: $0.baseAddress) }
    }

    @Test(arguments: [1, 32, 256, 257, 5000])
    func `a released secret is zero, or its memory is gone`(_ count: Int) {
        let address: UInt
        do {
            let secret = Self.secret(count)
            address = Self.address(secret)
            #expect(Self.memory(at: address, count)?.first == 1)
        }
        if let left = Self.memory(at: address, count) {
            // Released with no other secret made since.
            #expect(left.allSatisfy { $0 == 0 })
        } else {
            #expect(count > 256, "the memory of small secrets stays mapped")
        }
    }

    @Test func `a secret's memory is locked`() throws {
        let secret = Self.secret(32)
        let address = Self.address(secret)
        guard SecretArena.shared.isLocked else { return }  // This host allows no locked memory.
        let file = unsafe fopen("/proc/self/smaps", "r")
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        var isInside = false
        var isLocked = false
        while unsafe fgets(&line, 4096, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let range = text.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
            if range.count == 2 { isInside = range[0] <= address && address < range[1] }
            if isInside, text.hasPrefix("VmFlags:") { isLocked = text.contains(" lo") && text.contains(" dd") }
        }
        #expect(isLocked)
    }

    @Test func `secrets are compared and lent`() {
        let left = Self.secret(40)
        let isSame = left.equals(Self.secret(40))
        let isOther = left.equals(Self.secret(39))
        #expect(isSame && !isOther)
        #expect(SecretBox(Self.secret(40)) == SecretBox(Self.secret(40)))
        #expect(SecretBox(Self.secret(40)).lend { $0.count } == 40)
    }

    @Test func `a box prints and reflects nothing of its content`() {
        let utf8 = Array(Self.text.utf8)
        let box = SecretBox(SecretBytes(copying: Bytes(utf8)))
        var dumped = ""
        dump(box, to: &dumped)
        for shown in ["\(box)", String(reflecting: box), dumped, "\([box])"] {
            #expect(!shown.contains("trace") && !shown.contains("\(utf8[0]), \(utf8[1])"), "\(shown)")
        }
        #expect("\(box)" == "secret of 28 bytes")
        #expect(Mirror(reflecting: box).children.isEmpty)
    }
}

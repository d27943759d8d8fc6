import Glibc
import Synchronization

/// Where `SecretBytes` live: memory that is locked, absent from core files and zero before it is used again.
///
/// Small slots (up to 256 bytes: keys) are cut from regions of 64 KiB that stay mapped; each larger value has
/// a mapping of its own, which ends with it. One mapping per key would cost two system calls and a memory
/// area each.
public final class SecretArena: Sendable {
    public static let shared = SecretArena()

    /// A piece of the arena.
    @safe
    struct Slot: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
        let capacity: Int
    }

    private struct Free: ~Copyable {
        var slots: [Slot] = []
        var isLocked = true
        var isExcludedFromCore = true
    }

    private static let smallBytes = 256
    private static let regionBytes = 65_536
    private let free = Mutex(Free())

    /// Whether every piece so far could be locked (`RLIMIT_MEMLOCK`) and left out of core files.
    public var isLocked: Bool { free.withLock { $0.isLocked && $0.isExcludedFromCore } }

    func take(_ count: Int) -> Slot {
        precondition(count > 0, "a secret has at least one byte")
        if count > Self.smallBytes { return free.withLock { map(count, &$0) } }
        return free.withLock { free in
            if free.slots.isEmpty {
                let region = map(Self.regionBytes, &free)
                for offset in stride(from: 0, to: Self.regionBytes, by: Self.smallBytes) {
                    unsafe free.slots.append(Slot(base: region.base + offset, capacity: Self.smallBytes))
                }
            }
            return free.slots.removeLast()
        }
    }

    func release(_ slot: Slot) {
        unsafe explicit_bzero(slot.base, slot.capacity)
        guard slot.capacity > Self.smallBytes else { return free.withLock { $0.slots.append(slot) } }
        unsafe munmap(slot.base, slot.capacity)
    }

    private func map(_ count: Int, _ free: inout Free) -> Slot {
        let page = 4096
        let capacity = (count + page - 1) / page * page
        let base = unsafe mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x20, -1, 0)
        guard let base = unsafe base, unsafe base != MAP_FAILED else {
            preconditionFailure("no memory for a secret of \(count) bytes")
        }
        if unsafe mlock(base, capacity) != 0 { free.isLocked = false }
        // A core file or a forked child must not hold what the process wiped.
        if unsafe madvise(base, capacity, 16) != 0 { free.isExcludedFromCore = false }
        if unsafe madvise(base, capacity, 10) != 0 { free.isExcludedFromCore = false }
        return unsafe Slot(base: base, capacity: capacity)
    }
}

import Glibc
import Synchronization

/// Where `SecretBytes` live: memory that is locked, absent from core files and zero before it is used again.
///
/// Slots of up to 4 KiB, keys and most values, are cut from regions of 64 KiB that stay mapped, in sizes of their
/// own; each larger value has a mapping of its own, which ends with it. One mapping per key or request would cost
/// two system calls, a memory area and a flush of every processor's page tables.
public final class SecretArena: Sendable {
    public static let shared = SecretArena()

    /// A piece of the arena.
    @safe
    struct Slot: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
        let capacity: Int
    }

    /// What the host allowed for every mapping so far.
    private struct Marks {
        var isLocked = true
        var isExcludedFromCore = true
    }

    /// What slots are cut into; more would be a mapping of its own.
    private static let sizes = [256, 1024, 2048, 4096]
    private static let regionBytes = 65_536
    /// The free slots of each size.
    private let free = Mutex([[Slot]](repeating: [], count: sizes.count))
    private let marks = Mutex(Marks())

    /// Whether every piece so far could be locked (`RLIMIT_MEMLOCK`) and left out of core files.
    public var isLocked: Bool { marks.withLock { $0.isLocked && $0.isExcludedFromCore } }

    func take(_ count: Int) -> Slot {
        precondition(count > 0, "a secret has at least one byte")
        guard let kind = Self.sizes.firstIndex(where: { count <= $0 }) else { return map(count) }
        return free.withLock { free in
            if let slot = free[kind].popLast() { return slot }
            let region = map(Self.regionBytes)
            let size = Self.sizes[kind]
            for offset in stride(from: 0, to: Self.regionBytes, by: size) {
                unsafe free[kind].append(Slot(base: region.base + offset, capacity: size))
            }
            return free[kind].removeLast()
        }
    }

    func release(_ slot: Slot) {
        unsafe explicit_bzero(slot.base, slot.capacity)
        guard let kind = Self.sizes.firstIndex(of: slot.capacity) else {
            unsafe munmap(slot.base, slot.capacity)
            return
        }
        free.withLock { $0[kind].append(slot) }
    }

    private func map(_ count: Int) -> Slot {
        let page = 4096
        let capacity = (count + page - 1) / page * page
        let base = unsafe mmap(nil, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let base = unsafe base, unsafe base != MAP_FAILED else {
            preconditionFailure("no memory for a secret of \(count) bytes")
        }
        let isLocked = unsafe mlock(base, capacity) == 0
        // A core file or a forked child must not hold what the process wiped.
        let isDontDump = unsafe madvise(base, capacity, MADV_DONTDUMP) == 0
        let isDontFork = unsafe madvise(base, capacity, MADV_DONTFORK) == 0
        if !isLocked || !isDontDump || !isDontFork {
            marks.withLock { marks in
                if !isLocked { marks.isLocked = false }
                if !isDontDump || !isDontFork { marks.isExcludedFromCore = false }
            }
        }
        return unsafe Slot(base: base, capacity: capacity)
    }
}

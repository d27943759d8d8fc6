import Bytes
import Disks
import Model
import Testing

@testable import Segments

struct DamageTests {
    /// Two segments; the last batch of the newest is not proven to have been synchronised.
    private func written() throws -> (bench: Bench, names: [String], entries: [Entry], end: Int) {
        var bench = Bench()
        try bench.open().writer.append(Bench.batch(1...2))
        // A new key begins a new segment.
        bench.keys = LogKeys([Bench.key(1), Bench.key(2)])
        let (writer, _) = try bench.open()
        for index in 3...5 as ClosedRange<UInt64> { try writer.append(LogBatch(entries: Bench.entries(index...index))) }
        let names = try bench.disk.list().filter { $0.hasPrefix("seg-") }
        return (bench, names, Bench.entries(1...5), writer.offset)
    }

    @Test func `every flipped byte is found, or was in the last batch, which is then cut`() throws {
        let (bench, names, entries, end) = try written()
        var cuts = 0
        for name in names {
            let places = Array(0..<200) + Array(stride(from: 200, to: 4090, by: 97)) + Array(4090..<end)
            for offset in places {
                let disk = bench.disk.copy()
                disk.flip(name, at: offset, mask: 1 << UInt8(offset % 8))
                do throws(LogError) {
                    let log = try bench.open(disk).log
                    if log.entries == entries {
                        // Behind the last record of the first segment nothing counts.
                        #expect(name == names[0] && offset > 4096 + 104, "\(name) \(offset)")
                    } else {
                        #expect(log.entries == Array(entries.dropLast()) && log.cut?.file == names[1])
                        cuts += 1
                    }
                } catch {
                    switch error {
                    case .corrupt(let file, _), .forged(let file, _), .newer(let file, _): #expect(file == name)
                    default: Issue.record("\(error) for byte \(offset) of \(name)")
                    }
                }
            }
        }
        #expect(cuts > 100)
    }

    @Test func `a segment of another length is refused`() throws {
        let (bench, names, _, end) = try written()
        for name in names {
            for length in [0, 1, 4095, 4096, 4097, end - 1, end, 65_535] {
                let disk = bench.disk.copy()
                disk.replace(name, with: Array(try #require(disk.content(name)).prefix(length)))
                #expect(throws: LogError.self, "\(name) of \(length) bytes") { try bench.open(disk) }
            }
        }
    }

    @Test func `zeros from any place on cut the last batch or are found`() throws {
        let (bench, names, entries, end) = try written()
        for from in stride(from: 4096, to: end, by: 8) {
            let disk = bench.disk.copy()
            var content = try #require(disk.content(names[1]))
            for offset in from..<content.count { content[offset] = 0 }
            disk.replace(names[1], with: content)
            // Nothing behind proves what was once there: a shorter log, never a wrong one.
            let log = try bench.open(disk).log
            #expect(log.entries.count >= 2 && log.entries == Array(entries.prefix(log.entries.count)))
        }
    }

    @Test func `swapped records, swapped and missing segments are refused`() throws {
        let (bench, names, _, _) = try written()
        let first = try #require(bench.disk.content(names[0]))
        let second = try #require(bench.disk.content(names[1]))
        let swapped = bench.disk.copy()
        swapped.replace(names[0], with: second)
        swapped.replace(names[1], with: first)
        #expect(throws: LogError.self) { try bench.open(swapped) }
        let copied = bench.disk.copy()
        copied.replace(names[1], with: Array(first[..<4096]) + second[4096...])
        #expect(throws: LogError.self) { try bench.open(copied) }
        let missing = bench.disk.copy()
        missing.replace(names[0], with: nil)
        #expect(throws: LogError.self) { try bench.open(missing) }

        // The second and third record of the newest segment have the same size.
        let size = SegmentSeal.recordBytes(Int(Bytes(second).number(at: 4096, as: UInt32.self)))
        let length = SegmentSeal.recordBytes(Int(Bytes(second).number(at: 4096 + size, as: UInt32.self)))
        let one = 4096 + size..<4096 + size + length
        let two = one.upperBound..<one.upperBound + length
        let records = bench.disk.copy()
        var content = second
        content.replaceSubrange(one, with: second[two])
        content.replaceSubrange(two, with: second[one])
        records.replace(names[1], with: content)
        #expect(throws: LogError.forged(file: names[1], offset: one.lowerBound)) { try bench.open(records) }
    }

    @Test func `one bad bounds page is survived, two are not`() throws {
        let (bench, _, entries, _) = try written()
        let disk = bench.disk.copy()
        disk.flip("meta-B", at: 140, mask: 1)
        #expect(try bench.open(disk).log.entries == entries)
        disk.replace("meta-B", with: nil)
        let (writer, _) = try bench.open(disk)
        for term in 2...5 as ClosedRange<UInt64> {
            try writer.append(LogBatch(hardState: HardState(term: Term(term))))
        }
        #expect(try bench.open(disk).log.hardState.term == Term(5))
        disk.flip("meta-B", at: 140, mask: 1)
        disk.flip("meta-A", at: 3000, mask: 1)
        #expect(throws: LogError.corrupt(file: "meta-A", offset: 0)) { try bench.open(disk) }
    }

    @Test func `a torn tail begins a new segment, with ordinals never used before`() throws {
        let (bench, names, entries, end) = try written()
        bench.disk.flip(names[1], at: end - 20, mask: 4)
        let (writer, log) = try bench.open()
        #expect(log.cut?.file == names[1] && log.entries == Array(entries.dropLast()))
        let bound = writer.bounds.ordinal
        try writer.append(LogBatch(entries: Bench.entries(5...6, bytes: 7)))
        #expect(writer.ordinal > bound && writer.segmentCount == 3)
        let again = try bench.open().log
        #expect(again.entries == Array(entries.dropLast()) + Bench.entries(5...6, bytes: 7) && again.cut == nil)
    }
}

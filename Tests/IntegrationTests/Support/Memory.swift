import Foundation

/// A value to look for: recognisable in every piece of it, in the forms in which a careless program would write it.
struct Canary {
    /// 24 letters, so that base64 of it repeats with it.
    let mark: String

    init() {
        let letters = Array("abcdefghijklmnopqrstuvwxyz")
        mark = String((0..<24).map { _ in letters.randomElement() ?? "x" })
    }

    /// The mark over and over.
    func value(bytes count: Int) -> Data {
        let unit = Array(mark.utf8)
        return Data((0..<count).map { unit[$0 % unit.count] })
    }

    /// What of the mark is found whatever surrounds it: as it is, in hex, in base64 at each of the three offsets.
    var forms: [(name: String, bytes: Data)] {
        let hex = mark.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        var forms = [("text", mark), ("hex", hex), ("HEX", hex.uppercased())]
        for offset in 0..<3 {
            let text = Data((mark + mark).utf8.dropFirst(offset).prefix(24)).base64EncodedString()
            forms.append(("base64+\(offset)", text))
        }
        return forms.map { ($0.0, Data($0.1.utf8)) }
    }

    /// The names of the forms that `data` holds.
    func forms(in data: Data) -> [String] {
        forms.filter { data.range(of: $0.bytes) != nil }.map(\.name)
    }
}

/// Where in a process's memory something was found.
struct Sighting: CustomStringConvertible {
    var form: String
    /// `start-end permissions … name`, as in `/proc/PID/maps`.
    var region: String
    /// Whether the region is locked, which keeps it out of swap.
    var isLocked: Bool
    var count: Int

    var description: String { "\(count) × \(form) in \(isLocked ? "locked" : "ordinary") memory \(region)" }
}

/// Looks through all memory of a process that is present and readable.
func search(_ canaries: [Canary], in pid: Int32) throws -> [Sighting] {
    struct Region {
        var line: String
        var start: UInt64
        var end: UInt64
        var isLocked = false
        var isResident = false
    }
    var regions: [Region] = []
    // Not by Foundation, which takes a file of `/proc` to be no longer than what its first read gives.
    for line in try run("/bin/cat", ["/proc/\(pid)/smaps"]).lines {
        let words = line.split(separator: " ")
        let ends = words[0].split(separator: "-")
        if ends.count == 2, let start = UInt64(ends[0], radix: 16), let end = UInt64(ends[1], radix: 16) {
            regions.append(Region(line: words.joined(separator: " "), start: start, end: end))
        } else if words[0] == "Rss:" {
            regions[regions.count - 1].isResident = words[1] != "0"
        } else if words[0] == "VmFlags:" {
            regions[regions.count - 1].isLocked = words.contains("lo")
        }
    }
    let memory = unsafe open("/proc/\(pid)/mem", O_RDONLY | O_CLOEXEC)
    guard memory >= 0 else { throw Trouble("the memory of \(pid) can't be read: error \(errno)") }
    defer { close(memory) }
    let forms = canaries.flatMap { canary in
        canary.forms.map { (name: "\($0.name) of \(canary.mark.prefix(4))", bytes: $0.bytes) }
    }
    var sightings: [Sighting] = []
    for region in regions where region.isResident && region.line.contains(" r") && !region.line.contains("[v") {
        var found: [String: Int] = [:]
        let step: UInt64 = 4 << 20
        for start in stride(from: region.start, to: region.end, by: Int(step)) {
            // Pieces overlap, so that nothing hides at a border.
            let count = Int(min(region.end - start, step + 128))
            var piece = Data(count: count)
            let got = unsafe piece.withUnsafeMutableBytes { unsafe pread(memory, $0.baseAddress, count, Int(start)) }
            guard got > 0 else { continue }
            for (name, bytes) in forms {
                let times = occurrences(of: bytes, in: piece, count: got)
                if times > 0 { found[name, default: 0] += times }
            }
        }
        for (form, count) in found.sorted(by: { $0.key < $1.key }) {
            sightings.append(Sighting(form: form, region: region.line, isLocked: region.isLocked, count: count))
        }
    }
    return sightings
}

private func occurrences(of pattern: Data, in data: Data, count: Int) -> Int {
    unsafe data.withUnsafeBytes { data in
        unsafe pattern.withUnsafeBytes { pattern in
            var at = 0
            var times = 0
            let first = unsafe Int32(pattern[0])
            while at < count, let hit = unsafe memchr(data.baseAddress! + at, first, count - at) {
                let place = unsafe UnsafeRawPointer(hit) - data.baseAddress!
                let isWhole = place + pattern.count <= count
                if isWhole, unsafe memcmp(hit, pattern.baseAddress!, pattern.count) == 0 { times += 1 }
                at = place + 1
            }
            return times
        }
    }
}

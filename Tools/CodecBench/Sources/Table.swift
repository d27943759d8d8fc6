/// The figures as a table.
enum Table {
    private static let widths = [18, 7, 9, 9, 9, 9, 8, 8, 9, 18]

    static func head() {
        row(["ns per message", "bytes", "ours", "heap", "arena", "reuse", "GB/s", "x fresh", "x reuse", "allocations"])
    }

    static func show(_ cell: Cell, _ times: [Cell.Times]) {
        func time(_ who: Contender) -> Cell.Times? { times.first { $0.who == who } }
        guard let ours = time(.ours), let heap = time(.heap), let arena = time(.arena) else { return }
        let fresh = heap.median < arena.median ? heap : arena
        let reuse = time(.reuse)
        row([
            cell.name, "\(cell.byteCount)", fixed(ours.median, 1), fixed(heap.median, 1), fixed(arena.median, 1),
            reuse.map { fixed($0.median, 1) } ?? "", fixed(Double(cell.byteCount) / ours.median, 2),
            fixed(fresh.ratio(to: ours), 2), reuse.map { fixed($0.ratio(to: ours), 2) } ?? "",
            times.map { fixed($0.allocations, 0) }.joined(separator: "/"),
        ])
    }

    private static func row(_ cells: [String]) {
        var line = ""
        for (place, (cell, width)) in zip(cells, widths).enumerated() {
            let space = String(repeating: " ", count: max(1, width - cell.count))
            line += place == 0 ? cell + space : space + cell
        }
        print(line)
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        let unit = digits == 0 ? 1.0 : digits == 1 ? 10.0 : 100.0
        let all = Int((value * unit).rounded())
        guard digits > 0 else { return "\(all)" }
        let rest = String(all % Int(unit))
        return "\(all / Int(unit))." + String(repeating: "0", count: digits - rest.count) + rest
    }
}

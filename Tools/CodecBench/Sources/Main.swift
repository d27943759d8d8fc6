import CProtobuf
import Glibc
import Wire

/// Measures our codec against libprotobuf's C++, interleaved in one process. No figure is right or wrong here.
@main
struct Main {
    static let help = """
        Usage: Tools/bench codec [--rounds N]

        Measures the codec against libprotobuf's C++ on the same messages, in turn, in one process.

          heartbeat    a worker's sign of life
          assignment   two tasks with secrets and maps, and the sealed values that they need
          batch        100 entries of consensus, which we keep as slices of the frame

        Decoding makes a fresh message and destroys it; «reuse» decodes into the same one again and again, which we
        have no equal of. Encoding adds up the size and writes into a buffer that is there. Times are medians; «x» is
        how often faster we are, as the median over the rounds, than the faster of heap and arena, and than reuse.

          --rounds N   how often each is measured (default 301)
          --help       this text

        """

    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        if words == ["--help"] || words == ["-h"] { return print(help, terminator: "") }
        var rounds = 301
        if words.count == 2, words[0] == "--rounds", let number = Int(words[1]), (1...10_000).contains(number) {
            rounds = number
        } else if !words.isEmpty {
            return refuse(words)
        }
        let cells =
            cells(Subject("heartbeat", Messages.heartbeat, PROTOBUF_HEARTBEAT))
            + cells(Subject("assignment", Messages.assignment, PROTOBUF_ASSIGNMENT))
            + cells(Subject("batch", Messages.batch, PROTOBUF_BATCH))
        Table.head()
        for cell in cells { Table.show(cell, cell.measure(rounds: rounds)) }
    }

    private static func refuse(_ words: [String]) {
        let line = "bench codec: what is \(words.joined(separator: " "))?\n    try: Tools/bench codec --help\n"
        unsafe write(2, line, line.utf8.count)
        exit(2)
    }

    private static func cells<M: Message>(_ subject: Subject<M>) -> [Cell] {
        precondition(subject.isAgreed(), "\(subject.name): libprotobuf understands our bytes otherwise")
        return [
            Cell(
                name: "\(subject.name) encode", byteCount: subject.byteCount,
                contenders: [Contender.ours, .heap, .arena].map { ($0, subject.encoder($0)) }),
            Cell(
                name: "\(subject.name) decode", byteCount: subject.byteCount,
                contenders: Contender.allCases.map { who in (who, { subject.decode(who, times: $0) }) }),
        ]
    }
}

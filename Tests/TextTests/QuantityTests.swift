import Testing
import Text

private let second: Int64 = 1_000_000_000

@Test(
    arguments: [
        (0, "Less than a second"), (1, "1 second"), (59, "59 seconds"), (60, "About a minute"), (120, "2 minutes"),
        (3599, "59 minutes"), (3600, "About an hour"), (5400, "2 hours"), (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (14 * 86400, "2 weeks"), (60 * 86400, "2 months"), (730 * 86400, "2 years"),
    ] as [(Int64, String)])
func `a duration reads as Docker says it`(seconds: Int64, words: String) {
    #expect(Moments.humanDuration(seconds * second) == words)
}

@Test(
    arguments: [
        (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_795_460_000_137_167_600, "2026-11-23T18:53:20.1371676Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
    ] as [(Int64, String)])
func `a timestamp is printed and read`(moment: Int64, text: String) throws {
    #expect(Moments.timestamp(moment) == text)
    #expect(try Moments.read(timestamp: text) == moment)
}

@Test func `a timestamp with an offset is the same moment, and a wrong one is refused`() throws {
    #expect(try Moments.read(timestamp: "1970-01-01T01:30:00+01:30") == 0)
    for text in ["2026-02-29T00:00:00Z", "2026-01-01", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z", "x"] {
        #expect(throws: TextError.self) { try Moments.read(timestamp: text) }
    }
}

@Test(arguments: [
    ("1h30m", 5400 * second, "1h30m0s"), ("5s", 5 * second, "5s"), ("1.5s", 3 * second / 2, "1.5s"), ("0", 0, "0s"),
    ("20ms", second / 50, "20ms"), ("-1m", -60 * second, "-1m0s"), ("1.5µs", 1500, "1.5µs"), ("7ns", 7, "7ns"),
])
func `a duration is read and printed as Go does`(text: String, nanoseconds: Int64, printed: String) throws {
    #expect(try Moments.read(duration: text) == nanoseconds)
    #expect(Moments.duration(nanoseconds) == printed)
}

@Test(arguments: ["", "-", "5", "s", "1.2.3s", "1x", "99999999999h", ".s"])
func `a wrong duration is refused`(text: String) {
    #expect(throws: TextError.self) { try Moments.read(duration: text) }
}

@Test(
    arguments: [("512m", 512 << 20), ("1.5GiB", 3 << 29), ("64 kb", 65_536), ("0", 0), ("7B", 7)] as [(String, Int64)])
func `a size is read`(text: String, bytes: Int64) throws {
    #expect(try Quantities.read(bytes: text) == bytes)
}

@Test(arguments: ["", "m", "1x", "-1", "1.k", ".5k", "9999999999p", "1 ", "1kbb"])
func `a wrong size is refused`(text: String) {
    #expect(throws: TextError.self) { try Quantities.read(bytes: text) }
}

@Test func `a size is printed in four digits`() {
    #expect(Quantities.bytes(0) == "0B")
    #expect(Quantities.bytes(512 << 20) == "512MiB")
    #expect(Quantities.bytes(25_275_876_147) == "23.54GiB")
}

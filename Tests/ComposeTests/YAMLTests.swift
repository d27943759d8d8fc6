import Compose
import Testing

private func tree(_ text: String) throws -> YAMLNode { try tree(Array(text.utf8)) }

private func tree(_ text: [UInt8]) throws -> YAMLNode { try #require(try YAMLNode.read(text, file: "f")) }

private func problem(_ text: [UInt8]) -> String? {
    do throws(ComposeError) { _ = try YAMLNode.read(text, file: "f") } catch { return "\(error)" }
    return nil
}

@Test func `the mark of an encoding and lines that end with two bytes change nothing`() throws {
    let plain = try tree("a: [b]\nc: |\n  d\n  e\n")
    #expect(try tree("\u{feff}a: [b]\r\nc: |\r\n  d\r\n  e\r\n") == plain)
    #expect(try tree("# remark\n---\na: [b]\nc: |\n  d\n  e\n...\n---\n") == plain)
    #expect(problem(Array("a: 1\n---\nb: 2\n".utf8)) == "f:2:1: a file may hold one document only")
    #expect(try YAMLNode.read(Array("# nothing\n".utf8), file: "f") == nil)
}

@Test func `what is no text is named with its place`() {
    #expect(problem(Array("a: b\nc: ".utf8) + [0xc3, 0x28]) == "f:2:5: not YAML: invalid trailing UTF-8 octet")
    #expect(problem(Array("a: b\nc: d\0".utf8)) == "f:2:5: not YAML: control characters are not allowed")
}

@Test func `levels are counted through aliases, and a text once more for each`() {
    let levels = { (count: Int, inner: String) in
        String(repeating: "[", count: count) + inner + String(repeating: "]", count: count)
    }
    let half = "a: &a \(levels(30, "x"))\nb: "
    #expect(problem(Array((half + levels(31, "*a")).utf8)) == nil)
    #expect(problem(Array((half + levels(40, "*a")).utf8))?.contains("more than 64 levels of nesting") == true)
    #expect(problem(Array(levels(100_000, "x").utf8))?.contains("more than 64 levels of nesting") == true)
    let text =
        "a: &a \(String(repeating: "x", count: 1 << 20))\nb: [\(repeatElement("*a", count: 20).joined(separator: ","))]"
    #expect(problem(Array(text.utf8))?.contains("bytes of text, with those that aliases repeat") == true)
    #expect(problem(Array("a: &a [*a]".utf8)) == "f:1:8: there is no anchor 'a'")
}

@Test(arguments: [
    "\"<<\": {a: b}\n", "a: \"\"\nb:\nc: ~\nd: 'null'\n", "a: \"true\"\nb: true\n", "a: |+\n  x\n\n\nb: \"\\n\"\n",
    "a: \"  leading\\n trailing  \"\n", "a: \"\\t\\u0007\\u2028\\U0001F600\"\n", "\"a: b\": \"# c\"\n\"\": [[], {}]\n",
    "a: '- b'\n\"[\": \"*x\"\n", "a: >\n  folded\n  twice\n\n  more\n",
])
func `what is written is read as the same`(text: String) throws {
    let read = try tree(text)
    #expect(try tree(read.yaml) == read)
}

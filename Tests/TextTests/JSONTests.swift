import Testing
import Text

@Test func `an inspected object is indented by four spaces and keeps its order`() {
    let value: JSON = [["ID": "x", "Version": ["Index": 980], "Labels": [:], "None": []]]
    #expect(
        value.indentedText == """
            [
                {
                    "ID": "x",
                    "Version": {
                        "Index": 980
                    },
                    "Labels": {},
                    "None": []
                }
            ]
            """)
    #expect(value.text == #"[{"ID":"x","Version":{"Index":980},"Labels":{},"None":[]}]"#)
}

@Test func `what is written reads back as the same value`() throws {
    let value: JSON = ["a": [1, -2, 1.5, nil, true], "b\n\"\\": "ü😀\u{1}\u{2028}", "c": ["d": [:]]]
    #expect(try JSON.read(value.text) == value)
    #expect(try JSON.read(value.indentedText) == value)
    #expect(try JSON.read(#""\ud83d\ude00\u00fc""#) == "😀ü")
    #expect(try JSON.read("9223372036854775808") == .number(9_223_372_036_854_775_808))
}

@Test(arguments: [
    "", "01", "1.", "-", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}", "\"\\ud800\"", "\"\\x\"", "\"a", "tru",
    "1 2", "1e999", "\"\u{1}\"", "[", "// x",
])
func `a text that is not strict JSON is refused`(text: String) {
    #expect(throws: TextError.self) { try JSON.read(text) }
}

@Test func `every prefix of a document is refused without a trap`() {
    let text = Array(#"{"a":[1,2.5e3,"\u00fcb",null],"b":{"c":true}}"#.utf8)
    for count in 0..<text.count {
        #expect(throws: TextError.self) { try JSON.read(Array(text[..<count])) }
    }
}

@Test func `an error names line and column`() {
    #expect(throws: TextError.json(line: 2, column: 8, "a value was expected")) { try JSON.read("{\n  \"a\": x}") }
}

@Test func `depth and size are bounded from both sides`() throws {
    let deep = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
    _ = try JSON.read(deep(64))
    #expect(throws: TextError.self) { try JSON.read(deep(65)) }
    _ = try JSON.read("[1]", limits: JSONLimits(bytes: 3))
    #expect(throws: TextError.self) { try JSON.read("[12]", limits: JSONLimits(bytes: 3)) }
    #expect(throws: TextError.self) { try JSON.read([34, 0xC3, 34]) }
}

import Bytes
import Testing
import Text

@Test func `base64 is padded`() {
    #expect(Base64.text(Bytes(utf8: "conf\n")) == "Y29uZgo=")
    #expect(Base64.text(Bytes(utf8: "foobar")) == "Zm9vYmFy")
    #expect(Base64.text(Bytes(utf8: "f")) == "Zg==")
    #expect(Base64.text(Bytes()) == "")
}

@Test func `base64 is read as it is written, and nothing else is`() {
    for count in 0...20 {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 89 + 200) }
        #expect(Base64.bytes(Base64.text(Bytes(bytes))) == bytes)
    }
    for text in ["A", "AB*D", "QQ-_", "QR=="] { #expect(Base64.bytes(text) == nil) }
}

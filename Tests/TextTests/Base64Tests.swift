import Bytes
import Testing
import Text

@Test func `base64 is padded`() {
    #expect(Base64.text(Bytes(utf8: "conf\n")) == "Y29uZgo=")
    #expect(Base64.text(Bytes(utf8: "foobar")) == "Zm9vYmFy")
    #expect(Base64.text(Bytes(utf8: "f")) == "Zg==")
    #expect(Base64.text(Bytes()) == "")
}

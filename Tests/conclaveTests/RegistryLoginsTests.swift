import Bytes
import Model
import Testing
import Text

@testable import conclave

@Suite struct RegistryLoginsTests {
    private func logins(_ text: String) throws(Failure) -> RegistryLogins {
        try RegistryLogins(Array(text.utf8), path: "config.json")
    }

    /// What an engine reads.
    private func credentials(_ text: String, _ registry: String) throws -> JSON? {
        guard let box = try logins(text).credentials(for: registry) else { return nil }
        let header = unsafe box.borrow { unsafe String(decoding: $0, as: UTF8.self) }
        #expect(
            header.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") })
        let standard = header.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return try JSON.read(try #require(Base64.bytes(String(standard))))
    }

    @Test func `a login is found by its registry, however that is written`() throws {
        let text = """
            {"auths": {
                "https://index.docker.io/v1/": {"auth": "YW5uOnBhc3M6d29yZA=="},
                "127.0.0.1:5000": {"auth": "Ym9iOj8+Pz4AAA=="},
                "https://quay.io/v2/": {"auth": "", "identitytoken": "t"},
                "empty.example": {}}}
            """
        let docker: JSON = [
            "serveraddress": "https://index.docker.io/v1/", "username": "ann", "password": "pass:word",
        ]
        #expect(try credentials(text, "docker.io") == docker)
        let local: JSON = ["serveraddress": "127.0.0.1:5000", "username": "bob", "password": "?>?>"]
        #expect(try credentials(text, "127.0.0.1:5000") == local)
        #expect(try credentials(text, "quay.io") == ["serveraddress": "https://quay.io/v2/", "identitytoken": "t"])
        for registry in ["127.0.0.1", "empty.example", "other.example"] {
            #expect(try credentials(text, registry) == nil)
        }
        #expect(try credentials("{}", "docker.io") == nil)
    }

    @Test(arguments: [
        #"{"auths": {"a.b": {}}, "credsStore": "desktop"}"#, #"{"credHelpers": {"https://a.b/x": "desktop"}}"#,
    ])
    func `a login that another program keeps is named, not passed over`(_ text: String) throws {
        let failure = #expect(throws: Failure.self) { try logins(text).credentials(for: "a.b") }
        #expect(failure?.why.contains("docker-credential-desktop") == true)
        if text.contains("credHelpers") { #expect(try credentials(text, "docker.io") == nil) }
    }

    @Test func `what is no JSON is refused without a word of it`() {
        let failure = #expect(throws: Failure.self) { try logins(#"{"auths": "Canary1" x"#) }
        #expect(failure.map { "\($0.message) \($0.why)".contains("Canary1") } == false)
    }
}

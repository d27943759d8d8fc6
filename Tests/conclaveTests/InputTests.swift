import Bytes
import Glibc
import Model
import Testing

@testable import conclave

private func complaint(_ body: () throws(Failure) -> Void) -> String {
    do throws(Failure) {
        try body()
        return "none"
    } catch {
        return "\(error.code.exitCode): \(error.message)"
    }
}

@Test func `a reference is a name, or fields`() throws {
    let plain = try FileReference("db", kind: "secret")
    #expect(plain.source == "db" && plain.target.name == "db" && plain.version == 0 && plain.target.mode == 0)
    let full = try FileReference("source=db@3,target=password,uid=1000,gid=1001,mode=0440", kind: "secret")
    #expect(full.source == "db" && full.version == 3 && full.target.name == "password")
    #expect(full.target.uid == "1000" && full.target.gid == "1001" && full.target.mode == 0o440)
    #expect(try FileReference("src=a", kind: "config").config.configName == "a")
    #expect(try FileReference.mode("288") == 288)
    #expect(try FileReference.mode("0o400") == 0o400)
}

@Test func `a reference that is wrong is refused in Docker's words`() {
    let expected = [
        ("source=a,bogus=1", "2: invalid field in secret request: bogus"),
        ("source=a,b", "2: invalid field 'b' must be a key=value pair"), ("target=a", "2: source is required"),
        ("", "2: source is required"),
        ("source=a,mode=abc", "2: invalid mode specified: strconv.ParseUint: parsing \"abc\": invalid syntax"),
        ("source=a@x", "2: invalid version in secret request: x"),
    ]
    for (text, message) in expected {
        #expect(complaint { () throws(Failure) in _ = try FileReference(text, kind: "secret") } == message)
    }
    #expect(
        complaint { () throws(Failure) in _ = try FileReference.all(["a", "source=b,target=a"], kind: "secret") }
            == "2: duplicate secret target for b not allowed")
}

/// Runs `body` with the path of a file that holds `count` bytes.
private func withFile(_ count: Int, _ body: (String) throws -> Void) throws {
    let path = "/tmp/conclave-input-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let descriptor = unsafe open(path, O_CREAT | O_EXCL | O_WRONLY, 0o600)
    try #require(descriptor >= 0)
    defer { unsafe unlink(path) }
    let bytes = [UInt8](repeating: 7, count: count)
    let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    try #require(written == count)
    try body(path)
}

@Test func `a value of any allowed size is read whole`() throws {
    for count in [1, 255, 4096, 65_537, 511_999] {
        try withFile(count) { path in
            let value = try ValueInput.secret(path)
            #expect(value.count == count)
        }
    }
    try withFile(1_023_999) { path in
        let data = try ValueInput.config(path)
        #expect(data.count == 1_023_999)
    }
}

@Test func `what is empty, too large or absent is refused`() throws {
    try withFile(0) { path in
        #expect(
            complaint { () throws(Failure) in _ = try ValueInput.secret(path) }
                == "2: error reading from \(path): data is empty")
    }
    try withFile(512_000) { path in
        #expect(
            complaint { () throws(Failure) in _ = try ValueInput.secret(path) }
                == "2: secret data must be larger than 0 and less than 512000 bytes")
    }
    #expect(
        complaint { () throws(Failure) in _ = try ValueInput.secret("/nonexistent") }
            == "1: error reading from /nonexistent: open /nonexistent: no such file or directory")
    #expect(
        complaint { () throws(Failure) in _ = try ValueInput.config("/nonexistent") }
            == "1: error reading content from \"/nonexistent\": error reading from /nonexistent: open /nonexistent: "
            + "no such file or directory")
}

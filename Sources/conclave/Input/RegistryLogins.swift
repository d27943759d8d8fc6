import Bytes
import Glibc
import Model
import Text

/// The logins to image registries that this user's Docker client keeps: `auths` in its `config.json`.
///
/// That file has them unsealed, so what of it lies in this command's memory for a moment adds nothing. What is handed on
/// is a secret like any other.
struct RegistryLogins {
    let path: String
    private let config: JSON

    /// Of the file: far more than a client writes.
    private static let mostBytes = 1 << 20

    init(_ text: [UInt8], path: String) throws(Failure) {
        self.path = path
        do {
            config = try JSON.read(text)
        } catch {
            throw Failure(.invalid, "\(path.printable) is not JSON", why: "\(error)")
        }
    }

    /// Those of this user; none when there is no such file.
    static func ofUser() throws(Failure) -> RegistryLogins {
        func variable(_ name: String) -> String? {
            unsafe getenv(name).map { unsafe String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let folder = variable("DOCKER_CONFIG") ?? "\(variable("HOME") ?? "")/.docker"
        let path = "\(folder)/config.json"
        guard unsafe access(path, F_OK) == 0 else { return try RegistryLogins(Array("{}".utf8), path: path) }
        return try RegistryLogins(try ValueInput.text(path, limit: mostBytes), path: path)
    }

    /// What an engine is sent as `X-Registry-Auth`; `nil`: nobody is logged in there.
    func credentials(for registry: String) throws(Failure) -> SecretBox? {
        let logins = config["auths"]?.object ?? JSONObject()
        guard let key = logins.keys.first(where: { Self.host($0) == registry }) else {
            try refuseHelper(registry)
            return nil
        }
        guard let login = logins[key], let fields = Self.fields(login, server: key) else {
            try refuseHelper(registry)
            return nil
        }
        let text = Base64.text(Bytes(utf8: JSON.object(fields).text))
        // In the alphabet of RFC 4648 §5.
        let bytes = Bytes(text.utf8.map { $0 == UInt8(ascii: "+") ? 0x2d : $0 == UInt8(ascii: "/") ? 0x5f : $0 })
        defer { bytes.wipe() }
        return unsafe bytes.withUnsafeBytes { unsafe SecretBox(SecretBytes(copying: $0)) }
    }

    /// Another program keeps them, which only its own user can ask.
    private func refuseHelper(_ registry: String) throws(Failure) {
        let helpers = config["credHelpers"]?.object ?? JSONObject()
        let key = helpers.keys.first { Self.host($0) == registry }
        guard let helper = key.flatMap({ helpers[$0]?.string }) ?? config["credsStore"]?.string else { return }
        throw Failure(
            .unimplemented, "the login to \(registry.printable) is not in \(path.printable)",
            why: "docker-credential-\(helper.printable) keeps it, and only logins in the file can be handed on",
            try:
                "DOCKER_CONFIG=DIR docker login \(registry.printable), with another DIR, and the same DOCKER_CONFIG here"
        )
    }

    private static func fields(_ login: JSON, server: String) -> JSONObject? {
        var fields: JSONObject = ["serveraddress": JSON(server)]
        if let token = login["identitytoken"]?.string, !token.isEmpty {
            fields["identitytoken"] = JSON(token)
            return fields
        }
        let pair = login["auth"]?.string.flatMap { Base64.bytes($0) }
        guard let pair, let colon = pair.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        fields["username"] = JSON(String(decoding: pair[..<colon], as: UTF8.self))
        // Old clients wrote zeros at the end.
        fields["password"] = JSON(
            String(decoding: pair[(colon + 1)...].prefix { $0 != 0 }, as: UTF8.self))
        return fields
    }

    /// `https://index.docker.io/v1/` is how Docker's own registry is written.
    private static func host(_ key: String) -> String {
        var rest = key[...]
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest.removeFirst(scheme.count) }
        let host = String(rest.prefix { $0 != "/" })
        return host == "index.docker.io" ? ImageName.usualRegistry : host
    }
}

import Bytes
import CommandLine
import Model
import Text
import Wire

/// `--with-registry-auth`: the user's login to the registry of an image becomes a secret, which only nodes that fetch
/// the image are sent.
enum RegistryAuth {
    static let flag = Flag.truth(
        "with-registry-auth", nil, "Give the nodes this user's login to the image's registry, kept as a secret")

    /// Of a secret that holds a login: to which registry.
    private static let label = "conclave.registry"

    /// Keeps the login that a task of an image needs, and names it in its spec.
    static func give(_ task: inout TaskSpec, _ session: Session) throws(Failure) {
        guard session.parsed.has("with-registry-auth") else { return }
        guard let container = task.container else {
            throw Failure(.invalid, "--with-registry-auth is for images; the service runs a program of the host")
        }
        let registry = ImageName(container.image).registry
        guard let login = try credentials(for: registry, session) else { return }
        let name = secretName(registry)
        try keep(login, to: registry, name, session)
        task.container?.registry = reference(name)
    }

    private static func keep(
        _ login: SecretBox, to registry: String, _ name: String, _ session: Session
    ) throws(Failure) {
        guard let held = try find(name, session) else {
            var put = PutSecret()
            put.spec = spec(registry, name)
            put.value = login
            _ = try session.ask(.putSecret(put))
            return
        }
        guard held.spec?.labels[label] == registry else {
            throw Failure(
                .conflict, "secret \(name) exists and is no login to \(registry.printable)",
                try: "conclave secret inspect \(name)")
        }
        var replace = ReplaceSecret()
        replace.reference = held.id.description
        replace.value = login
        _ = try session.ask(.replaceSecret(replace))
    }

    private static func find(_ name: String, _ session: Session) throws(Failure) -> Secret? {
        do throws(Failure) {
            guard case .secrets(let list)? = try session.ask(.listSecrets(session.named(name))).result else {
                throw .unexpected
            }
            return list.secrets.first?.secret
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// A note says that there are none.
    static func credentials(for registry: String, _ session: Session) throws(Failure) -> SecretBox? {
        let logins = try RegistryLogins.ofUser()
        let login = try logins.credentials(for: registry)
        if login == nil {
            session.note(
                "\(logins.path.printable) has no login to \(registry.printable); its images are fetched without")
        }
        return login
    }

    /// Of the secret that holds the login; a port is not told from a host's part by a colon there.
    static func secretName(_ registry: String) -> String { "registry-" + registry.map { $0 == ":" ? "-" : $0 } }

    static func spec(_ registry: String, _ name: String) -> SecretSpec {
        var spec = SecretSpec()
        spec.name = name
        spec.labels[label] = registry
        return spec
    }

    static func reference(_ name: String) -> SecretReference {
        var reference = SecretReference()
        reference.secretName = name
        return reference
    }

    /// A login stays with the service as long as the image is of the same registry: no other is ever sent it.
    static func keep(_ held: ContainerSpec?, in container: inout ContainerSpec) {
        let isSame = held.map { ImageName($0.image).registry } == ImageName(container.image).registry
        container.registry = isSame ? held?.registry : nil
    }
}

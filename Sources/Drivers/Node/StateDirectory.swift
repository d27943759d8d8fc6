import Bytes
import Model
import Primitives
import Sealing
import Seams
import Wire

/// A node's folder on disk: lock, identity, keyring, unlock key, log, snapshots, tasks.
///
/// `identity` is written last and removed first: its presence is what makes the folder a node's. What a half-done
/// beginning left is discarded.
final class StateDirectory {
    let path: String
    private let environment: any Environment
    private var lock: (any FileLock)?

    /// Files are small; a larger one is none of ours.
    private static let fileBytes = 1 << 20
    private static let folders = ["log", "snapshots", "tasks", "logs"]

    init(_ environment: any Environment, _ path: String) {
        self.environment = environment
        self.path = path
    }

    private var files: any Files { environment.files }

    private func at(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes the folder, checks its mode and takes its lock.
    ///
    /// - Throws: `Failure` that says what stands in the way.
    func open() throws(Failure) {
        do throws(SystemError) {
            try makePath(path)
            guard let status = try files.status(path), status.kind == .directory else {
                throw SystemError("use", path, detail: "it is not a directory")
            }
            guard status.mode & 0o077 == 0 else {
                throw SystemError("use", path, detail: "group or others may read it: chmod 0700 \(path)")
            }
        } catch {
            throw Failure(.unspecified, "the state directory can't be used", why: "\(error)", try: "--state-dir")
        }
        do throws(SystemError) {
            lock = try files.lock(at("LOCK"))
        } catch {
            throw Failure(
                .conflict, "the state directory \(path) is in use by another daemon", why: "\(error)",
                try: "--state-dir with a directory of its own")
        }
    }

    private func makePath(_ path: String) throws(SystemError) {
        guard try files.status(path) == nil else { return }
        let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        if !parent.isEmpty { try makePath(parent) }
        try files.makeDirectory(path, mode: 0o700)
    }

    /// The node that lives here, or `nil`.
    ///
    /// - Throws: `Failure` for files that can't be read, or were written by a newer version.
    func load() throws(Failure) -> (NodeIdentity, Keyring)? {
        do throws(SystemError) {
            guard try files.status(at("identity")) != nil else {
                try discard()
                return nil
            }
            let identity = try? NodeIdentity.decode(try files.read(at("identity"), limit: Self.fileBytes))
            guard let identity else { throw SystemError("read", at("identity"), detail: "it is damaged") }
            guard identity.version <= NodeIdentity.currentVersion else {
                throw SystemError("read", path, detail: "it was written by a newer version")
            }
            let unlock = try readSecret("unlock")
            guard let sealed = try? SealedKeyring.decode(try files.read(at("keyring"), limit: Self.fileBytes)) else {
                throw SystemError("read", at("keyring"), detail: "it is damaged")
            }
            guard let keyring = try? unlock.lend({ key throws(SealingError) in try sealed.open(unlockKey: key) }) else {
                throw SystemError("open", at("keyring"), detail: "the unlock key is not its key")
            }
            try makeFolders()
            return (identity, keyring)
        } catch {
            throw Failure(.integrity, "the node's state can't be read", why: "\(error)")
        }
    }

    /// Begins a node: keyring first, identity last, all synchronised.
    func begin(_ identity: NodeIdentity, _ keyring: Keyring) throws(Failure) {
        do throws(SystemError) {
            try discard()
            try makeFolders()
            var generator = environment.makeGenerator()
            let unlock = SecretBox(Random.secret(32, from: &generator))
            try files.createSecret(at("unlock"), unlock, mode: 0o600, uid: 0, gid: 0)
            try files.open(at("unlock"), create: false).sync()
            try write(keyring, unlock)
            try save(identity)
        } catch {
            throw Failure(.unspecified, "the node's state can't be written", why: "\(error)")
        }
    }

    func save(_ identity: NodeIdentity) throws(SystemError) {
        try files.replace(at("identity"), with: identity.encoded(), mode: 0o600)
    }

    /// Writes the keyring anew, as a whole.
    func save(_ keyring: Keyring) throws(SystemError) {
        try write(keyring, try readSecret("unlock"))
    }

    private func write(_ keyring: Keyring, _ unlock: SecretBox) throws(SystemError) {
        var generator = environment.makeGenerator()
        let sealed = unlock.lend { key in
            SealedKeyring(sealing: keyring, unlockKey: key, random: &generator)
        }
        try files.replace(at("keyring"), with: sealed.encoded(), mode: 0o600)
    }

    private func readSecret(_ name: String) throws(SystemError) -> SecretBox {
        let bytes = try files.read(at(name), limit: 4096)
        defer { bytes.wipe() }
        guard bytes.count == 32 else { throw SystemError("read", at(name), detail: "it has \(bytes.count) bytes") }
        return SecretBox(SecretBytes(copying: bytes))
    }

    private func makeFolders() throws(SystemError) {
        for folder in Self.folders where try files.status(at(folder)) == nil {
            try files.makeDirectory(at(folder), mode: 0o700)
        }
    }

    /// Removes all that a node keeps; its identity first, so that a crash in between leaves no half of one.
    func discard() throws(SystemError) {
        try files.remove(at("identity"))
        for name in ["keyring", "unlock"] where try files.status(at(name)) != nil { try files.wipe(at(name)) }
        for folder in Self.folders where try files.status(at(folder)) != nil { try files.removeTree(at(folder)) }
        try files.syncDirectory(path)
    }
}

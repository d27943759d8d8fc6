import Model
import Text
import Wire

/// Understands `--mount`: `type=bind,source=/data,target=/data,readonly`, as Docker does.
enum MountInput {
    static func read(_ text: String) throws(Failure) -> Mount {
        var mount = Mount()
        mount.type = .volume
        for (key, value) in try PairFields(text, of: "mount").pairs { try take(key, value, &mount) }
        guard !mount.target.isEmpty else { throw Failure(.invalid, "target is required") }
        guard mount.type != .bind || !mount.source.isEmpty else {
            throw Failure(.invalid, "invalid mount: source is required when specifying mount type=bind")
        }
        return mount
    }

    private static func take(_ key: String, _ value: String?, _ mount: inout Mount) throws(Failure) {
        switch key {
        case "readonly", "ro": return mount.readOnly = try truth(key, value)
        case "volume-nocopy": return mount.noCopy = try truth(key, value)
        default: break
        }
        guard let value else {
            throw Failure(.invalid, "invalid field '\(key.printable)' must be a key=value pair")
        }
        switch key {
        case "type": mount.type = try type(value)
        case "source", "src": mount.source = value
        case "target", "dst", "destination": mount.target = value
        case "bind-propagation": mount.propagation = value
        case "volume-driver": mount.volumeDriver = value
        case "volume-label": try set(value, &mount.volumeLabels)
        case "volume-opt": try set(value, &mount.volumeOptions)
        case "tmpfs-size":
            guard let bytes = try? Quantities.read(bytes: value) else {
                throw Failure(.invalid, "invalid value for \(key): \(value.printable)")
            }
            mount.sizeBytes = UInt64(bytes)
        case "tmpfs-mode":
            guard let mode = UInt32(value, radix: 8) else {
                throw Failure(.invalid, "invalid value for \(key): \(value.printable)")
            }
            mount.mode = mode
        default: throw Failure(.invalid, "unexpected key '\(key.printable)' in '\(key.printable)=\(value.printable)'")
        }
    }

    private static func type(_ word: String) throws(Failure) -> MountType {
        switch word.lowercased() {
        case "bind": .bind
        case "volume": .volume
        case "tmpfs": .tmpfs
        default: throw Failure(.invalid, "mount type \"\(word.printable)\" is not known", try: "bind, volume or tmpfs")
        }
    }

    private static func truth(_ key: String, _ value: String?) throws(Failure) -> Bool {
        switch value {
        case nil, "true", "1": true
        case "false", "0": false
        default: throw Failure(.invalid, "invalid value for \(key): \((value ?? "").printable)")
        }
    }

    private static func set(_ text: String, _ map: inout StringMap) throws(Failure) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        map[parts[0]] = parts.count == 2 ? parts[1] : ""
    }
}

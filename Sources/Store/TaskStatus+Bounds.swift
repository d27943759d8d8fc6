import Model
import Wire

extension TaskStatus {
    /// The status with no more in it than a node may say of a task: the node may be hostile.
    ///
    /// Texts are cut. What only a newer version knows goes as a whole when it is too long.
    package var bounded: TaskStatus {
        var status = self
        status.message = message.prefix(bytes: StoreLimits.statusBytes)
        status.error = error.prefix(bytes: StoreLimits.statusBytes)
        status.containerID = containerID.prefix(bytes: StoreLimits.statusBytes)
        status.imageDigest = imageDigest.prefix(bytes: StoreLimits.statusBytes)
        if unknown.raw.count > StoreLimits.statusBytes { status.unknown = UnknownFields() }
        return status
    }
}

extension String {
    /// Whole scalars from the beginning, at most `count` bytes of them.
    package func prefix(bytes count: Int) -> String {
        guard utf8.count > count else { return self }
        var left = count
        let scalars = unicodeScalars.prefix { scalar in
            left -= UTF8.width(scalar)
            return left >= 0
        }
        return String(scalars)
    }
}

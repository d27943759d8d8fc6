import Seams

extension TaskLaunch {
    /// Where the task's file system in memory is: the folder above its secrets. `nil`: it has none.
    var memoryFolder: String? {
        guard let path = secretsDirectory ?? configsDirectory, let slash = path.lastIndex(of: "/") else { return nil }
        return String(path[..<slash])
    }
}

import Bytes
import Seams

extension TaskFile {
    func borrow<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        switch content {
        case .secret(let box): unsafe box.borrow(body)
        case .config(let bytes): unsafe bytes.withUnsafeBytes(body)
        }
    }

    /// The folders and the name that the path is made of.
    ///
    /// - Throws: `RunnerError.refused` for a path that leaves its folder, is absolute or not normalised, or whose
    ///   first component could be taken for a generation (`..data`).
    func components() throws(RunnerError) -> [String] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard path.utf8.count <= 1024, parts.count <= 8, !path.utf8.contains(0) else {
            throw .refused("the target path is too long or too deep")
        }
        for part in parts where part.isEmpty || part == "." || part.hasPrefix("..") || part.utf8.count > 240 {
            throw .refused("the target path \(path) is not a plain path below its folder")
        }
        return parts
    }
}

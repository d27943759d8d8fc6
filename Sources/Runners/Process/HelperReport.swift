/// What the helper, or bwrap before it, says when a program can't be started.
enum HelperReport {
    /// A line of it for people. The helper has no C library and names errors by their numbers: `helper: execute: error 2`.
    static func reason(_ line: Substring) -> String {
        let text = String(line).replacing("helper: ", with: "")
        guard let range = text.ranges(of: ": error ").last, let code = Int32(text[range.upperBound...]) else {
            return text
        }
        return "\(RunnerError.system(String(text[..<range.lowerBound]), code))"
    }
}

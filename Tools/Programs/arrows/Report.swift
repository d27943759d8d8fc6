/// What was found wrong, in the form that editors and CI know: file, line, what.
struct Report {
    private(set) var count = 0

    mutating func wrong(_ path: String, _ line: Int, _ what: String) {
        count += 1
        print("\(path):\(line): \(what)")
    }
}

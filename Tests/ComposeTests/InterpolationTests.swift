import Compose
import Testing

/// A value that is not a text with variables, and what is said of it; `hunter2` stands for a password.
private let wrong = [
    ("hunter2$", "a '$' without a name"), ("hunter2$ A", "a '$' without a name"),
    ("hunter2${", "a '${' without a name"),
    ("hunter2${1A}", "a '${' without a name"), ("hunter2${A", "behind ${A none of :- - :? ? :+ + and }"),
    ("hunter2${A:}", "behind ${A none of :- - :? ? :+ + and }"),
    ("hunter2${A/b/c}", "behind ${A none of :- - :? ? :+ + and }"), ("hunter2${A:-${B}", "a '${' without its '}'"),
    (String(repeating: "${A:-", count: 20), "more than 16 words inside each other"),
]

@Test(arguments: wrong)
func `a text whose variables can't be read is refused, and not shown`(text: String, reason: String) throws {
    #expect(
        said("services: {web: {image: '\(text)'}}") == [
            "f:1:25: invalid interpolation format: \(reason); write $$ for a dollar sign"
        ])
}

@Test func `variables make no more text than is read`() {
    let text = String(repeating: "$LONG", count: 200)
    let file = "services: {web: {image: '\(text)'}}"
    #expect(
        said(file, ["LONG": String(repeating: "x", count: 100_000)]).first?.hasSuffix("with variables put in") == true)
}

private func said(_ file: String, _ variables: [String: String] = [:]) -> [String] {
    var reader = StackReader(
        StackContext(stack: "shop", variables: variables, folder: "/srv") { _ in
            .failure(ComposeError.Reason("no such file", isAbsent: true))
        })
    do throws(StackProblems) {
        return try reader.read([StackReader.File(name: "f", text: Array(file.utf8))]).warnings.map(\.message)
    } catch {
        return error.problems.map { "\($0.mark): \($0.message)" }
    }
}

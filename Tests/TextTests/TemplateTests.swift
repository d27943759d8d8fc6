import Testing
import Text

private let status: JSON = [
    "Name": "web", "Pid": 42, "Empty": "",
    "Members": [["Name": "m1", "Voter": true], ["Name": "m2", "Voter": false]],
    "Spec": ["Labels": ["env": "dev", "a-b": "c"], "Version": ["Index": 7]], "List": ["x", "y"],
]

private func fill(_ text: String, _ value: JSON = status) throws -> String { try Template(text).fill(value) }

private func complaint(_ text: String) -> String {
    do {
        return "filled: " + (try fill(text))
    } catch { return "\(error)" }
}

@Test(arguments: [
    ("plain", "plain"),
    ("{{.Name}} {{.Pid}}", "web 42"),
    ("{{.Spec.Version.Index}}", "7"),
    ("{{range .Members}}{{.Voter}} {{end}}", "true false "),
    ("{{range .Members}}{{.Name}}@{{$.Name}};{{else}}none{{end}}", "m1@web;m2@web;"),
    ("{{range .Nothing}}x{{else}}none{{end}}", "none"),
    ("{{if .Empty}}a{{else if .Pid}}b{{else}}c{{end}}d", "bd"),
    ("{{with .Spec.Labels}}{{.env}}{{end}}", "dev"),
    ("{{index .Spec.Labels \"a-b\"}}{{index .Spec.Labels \"gone\"}}", "c"),
    ("{{(index .Members 1).Name}}", "m2"),
    ("{{json .Spec.Labels}}", #"{"env":"dev","a-b":"c"}"#),
    ("{{.Spec.Labels}}", "map[a-b:c env:dev]"),
    ("{{.List}} {{join .List \",\"}} {{len .List}}", "[x y] x,y 2"),
    ("{{join \"-\" .Name .Pid \"x\"}}", "web-42-x"),
    ("{{.Name | upper}} {{lower \"ABC\"}}", "WEB abc"),
    ("{{if eq .Name \"web\"}}yes{{end}}", "yes"),
    ("a {{- /* note */ -}} b", "ab"),
    ("{{\"}}\"}}", "}}"),
    ("{{if and .Name (not .Empty)}}ok{{end}}", "ok"),
    ("{{range .Members}}{{if .Voter}}{{range $.List}}{{.}}{{end}}{{else}}-{{end}}{{end}}", "xy-"),
])
func `a template is filled as Go fills it`(template: String, expected: String) throws {
    #expect(try fill(template) == expected)
}

@Test func `a broken template says what is wrong`() {
    #expect(complaint("{{.Nam}}").contains("there is no field .Nam; there are: .Name .Pid"))
    #expect(complaint("{{.Name") == "template: an action is not closed: \"}}\" is missing")
    #expect(complaint("{{if .Name}}x") == "template: {{if}} is not closed: {{end}} is missing")
    #expect(complaint("{{end}}") == "template: {{end}} without a block to end")
    #expect(complaint("{{frob .}}").contains("function \"frob\" not defined"))
    #expect(complaint("{{}}") == "template: an action is empty")
    #expect(complaint("{{$x := 1}}") == "template: variables are not supported")
    #expect(complaint("{{len}}") == "template: len was given 0 arguments")
    #expect(complaint("{{index .List 9}}").contains("out of range"))
    #expect(complaint("{{(.Name}}") == "template: a \")\" is missing")
    #expect(complaint("{{.Name)}}").contains("too many"))
    #expect(complaint(String(repeating: "{{if .Name}}", count: 40)).contains("too deeply"))
    #expect(complaint(String(repeating: "x", count: 70_000)).contains("longer than"))
}

@Test func `a plain template has no blocks`() throws {
    #expect(try Template("a{{.Name}}{{index .List 0}}").isPlain)
    for text in ["{{if .Name}}{{end}}", "{{with .Name}}{{end}}", "x{{range .List}}{{end}}"] {
        #expect(try !Template(text).isPlain)
    }
    #expect(complaint("{{join .List \",\" \",\"}}") == "template: join was given 3 arguments")
    #expect(complaint("{{join .Pid 1}}") == "template: join needs a list, or texts")
}

@Test func `the fields of a template are known for its headings`() throws {
    #expect(try Template("{{.ID}}\t{{upper .Name}}").fields == ["ID", "Name"])
}

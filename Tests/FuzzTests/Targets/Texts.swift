import Bytes
import Model
import Text

extension FuzzTarget {
    /// A JSON text. What is read is written as a text that is read and written the same.
    static let json = FuzzTarget(
        name: "json",
        variants: 15,
        seeds: {
            [
                #"{"a": [1, -2.5e3, true, null], "b\u00e9\ud83d\ude00": "x\n"}"#, "[[[]], {}]", "-0", "1e400",
                "9223372036854775808",
            ]
            .map { Bytes(utf8: $0) }
        },
        run: { (input) throws(Broken) in
            guard let value = try? unsafe JSON.read([UInt8](input)) else { return }
            for text in [value.text, value.indentedText] {
                guard let again = try? JSON.read(text) else { throw Broken("what was written is not read: \(text)") }
                try Broken.unless(again.text == value.text, "\(text) is written again as \(again.text)")
            }
        })

    /// A template, filled in from a small value.
    static let template = FuzzTarget(
        name: "template",
        variants: 3,
        seeds: {
            [
                "{{.Name}} {{.Spec.Labels}} {{$.ID}}", "{{range .List}}{{.}}{{else}}none{{end}}",
                "{{if eq .Count 3}}a{{else if .Name}}b{{end}}", "{{json . | upper}} {{- index .List 0 -}} x",
                "{{with (index .Spec.Labels \"a\")}}{{truncate . 2}}{{join (split . \",\") \";\"}}{{end}}",
            ]
            .map { Bytes(utf8: $0) }
        },
        run: { (input) throws(Broken) in
            guard let text = unsafe Bytes(input).text, let template = try? Template(text) else { return }
            _ = try? template.fill(value)
        })

    private static let value: JSON = [
        "ID": "x1", "Name": "web", "Count": 3, "Ratio": 0.5, "Empty": nil, "List": ["a", 2, ["b"]],
        "Spec": ["Labels": ["a": "1,2", "b": ""]],
    ]

    /// Sizes, durations and points in time, as people write them.
    static let quantities = FuzzTarget(
        name: "quantities",
        variants: 15,
        seeds: {
            ["1.5 GiB", "512m", "1h2m3.5s", "-90ms", "2026-01-02T03:04:05.6Z", "9223372036854775807ns"].map {
                Bytes(utf8: $0)
            }
        },
        run: { (input) throws(Broken) in
            guard let text = unsafe Bytes(input).text else { return }
            if let count = try? Quantities.read(bytes: text) { _ = Quantities.bytes(count) }
            if let duration = try? Moments.read(duration: text) {
                let again = try? Moments.read(duration: Moments.duration(duration))
                try Broken.unless(again == duration, "\(duration) ns came back as \(again ?? 0)")
            }
            if let moment = try? Moments.read(timestamp: text) {
                let again = try? Moments.read(timestamp: Moments.timestamp(moment))
                try Broken.unless(again == moment, "\(moment) came back as \(again ?? 0)")
            }
            _ = text.precedesNaturally("a10")
        })
}

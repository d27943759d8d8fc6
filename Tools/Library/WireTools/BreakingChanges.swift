/// Compares two versions of the protocol: messages by their full name, fields and values by their number.
///
/// The rules are those of buf's category WIRE as far as proto3 has them, and ours: frame types, numbers once reserved,
/// and messages that are read in their canonical form only.
package struct BreakingChanges {
    private let old: Declarations
    private let new: Declarations
    private let audience: Audience
    private var changes = Changes()

    /// Messages of which a receiver refuses what it does not know.
    private static let canonical: Set = ["Certificate", "CertificateBody"]

    /// What became of `old` in `new`, in the order of names and numbers.
    package static func between(_ old: FileSet, _ new: FileSet) -> Changes {
        var comparison = BreakingChanges(old, new)
        comparison.packages()
        for name in comparison.old.messages.keys.sorted() { comparison.message(name) }
        for name in comparison.old.enums.keys.sorted() where name != FrameTypes.enumName {
            comparison.enumeration(name)
        }
        comparison.frameTypes()
        return comparison.changes
    }

    private init(_ old: FileSet, _ new: FileSet) {
        self.old = Declarations(old)
        self.new = Declarations(new)
        audience = Audience(self.old)
    }

    private mutating func report(_ element: String, _ what: String, why: String, in message: String) {
        changes.breaks.append(Break(element: element, what: what, why: why, whom: audience.whom(message)))
    }

    private mutating func packages() {
        for (file, package) in old.packages.sorted(by: { $0.key < $1.key }) {
            guard let now = new.packages[file], now != package else { continue }
            changes.breaks.append(
                Break(
                    element: file, what: "its package was \(package) and is \(now)",
                    why: "every message of it has another full name", whom: "whoever finds messages by their name"))
        }
    }
}

// MARK: - Messages

extension BreakingChanges {
    private mutating func message(_ name: String) {
        guard let before = old.messages[name] else { return }
        guard let after = new.messages[name] else {
            // Of a map that went, the field says all.
            if before.options?.mapEntry != true {
                report(name, "the message is gone", why: "what the other version sends can't be read", in: name)
            }
            return
        }
        for field in before.fields.sorted(by: { $0.number < $1.number }) { self.field(field, before, after, name) }
        for field in after.fields where before.field(numbered: field.number) == nil {
            added(field, before, name)
        }
        reservations(before, after, name)
    }

    private mutating func field(
        _ field: FieldDeclaration, _ before: MessageDeclaration, _ after: MessageDeclaration, _ name: String
    ) {
        let element = "\(name).\(field.name)"
        guard let now = after.field(numbered: field.number) else {
            if !after.reserves(field.number) {
                report(
                    element, "field \(field.number) is gone and its number is not reserved",
                    why: "a later field may take the number, and old bytes would be read as that", in: name)
            }
            return
        }
        if now.name != field.name {
            let what = "field \(field.number) is now called \(now.name): the bytes are the same, JSON and text are not"
            changes.remarks.append(Remark(element: element, what: what))
        }
        type(field, now, element, name)
        cardinality(field, now, element, name)
        let place = { (oneof: String?) in oneof.map { "oneof \($0)" } ?? "no oneof" }
        let there = before.oneof(of: field)
        let here = after.oneof(of: now)
        if there != here {
            report(
                element,
                "it was in \(place(there)) and is in \(place(here))",
                why: "one version clears the other members, the other keeps them", in: name)
        }
    }

    private mutating func type(
        _ field: FieldDeclaration, _ now: FieldDeclaration, _ element: String, _ name: String
    ) {
        let there = old.name(field.typeName)
        let here = new.name(now.typeName)
        let isNamed = ["message", "enum"].contains(field.kind)
        if field.kind == now.kind, !isNamed || there == here { return }
        let change =
            "field \(field.number) was \(isNamed ? there : field.kind) and is \(here.isEmpty ? now.kind : here)"
        switch (Self.group(field.kind), Self.group(now.kind)) {
        case ("string", "bytes"): break
        case ("bytes", "string"):
            report(element, change, why: "bytes that are not UTF-8 are refused as a whole message", in: name)
        case ("enum", "enum"):
            if let why = enumChange(there, here) { report(element, change, why: why, in: name) }
        case ("message", "message"):
            report(element, change, why: "the bytes of one message are read as another", in: name)
        case (let one, let other) where one != other:
            report(
                element, change,
                why: Self.wire(field.kind) == Self.wire(now.kind)
                    ? "the same bytes mean another value"
                    : "the other wire type makes it an unknown field: the value is lost without an error", in: name)
        default: break
        }
    }

    /// Why an enum can't stand for another; `nil`: it can.
    private func enumChange(_ there: String, _ here: String) -> String? {
        func short(_ name: String) -> Substring { name.split(separator: ".").last ?? "" }
        guard short(there) == short(here) else { return "the same numbers mean other things" }
        let values = new.enums[here]?.values ?? []
        for value in old.enums[there]?.values ?? [] where !values.contains(value) {
            return "the new enum has no \(value.name) = \(value.number)"
        }
        return nil
    }

    private mutating func cardinality(
        _ field: FieldDeclaration, _ now: FieldDeclaration, _ element: String, _ name: String
    ) {
        let there = field.cardinality
        let here = now.cardinality
        if there == here { return }
        let why =
            there == "repeated" || here == "repeated"
            ? "of several elements the version that expects one keeps the last"
            : "one version leaves a zero out, and the other takes that for «not set»"
        report(element, "field \(field.number) was \(there) and is \(here)", why: why, in: name)
    }

    private mutating func added(_ field: FieldDeclaration, _ before: MessageDeclaration, _ name: String) {
        let element = "\(name).\(field.name)"
        if before.reserves(field.number) {
            report(
                element, "field \(field.number) takes a number that was reserved",
                why: "bytes in which it means something else may exist", in: name)
        } else if before.reservedNames.contains(field.name) {
            report(
                element, "the field takes a name that was reserved",
                why: "text and JSON in which it means something else may exist", in: name)
        } else if Self.canonical.contains(name) {
            report(
                element, "field \(field.number) is new in a message that is read in its canonical form only",
                why: "an older node refuses what has a field that it does not know", in: name)
        } else if audience.isCommand(name) {
            let what = "field \(field.number) is new in what entries carry: raise min_level where it is set"
            changes.remarks.append(Remark(element: element, what: what))
        }
    }

    private mutating func reservations(
        _ before: MessageDeclaration, _ after: MessageDeclaration, _ name: String
    ) {
        for range in before.reserved {
            if let free = Self.firstFree(from: range.start, before: range.end, after.keptUntil) {
                freed(free, name)
            }
        }
        for word in before.reservedNames where !after.reservedNames.contains(word) {
            if after.fields.contains(where: { $0.name == word }) { continue }
            report(
                name, "the name \(word) is no longer reserved", why: "it was kept so that nobody takes it", in: name)
        }
    }

    private mutating func freed(_ number: Int32, _ name: String) {
        report(
            name, "the number \(number) is no longer reserved", why: "it was kept so that nobody takes it", in: name)
    }

    /// The first number that is neither taken nor reserved any more. In steps of ranges, which may be of half a
    /// billion.
    private static func firstFree(from start: Int32, before end: Int32, _ keptUntil: (Int32) -> Int32?) -> Int32? {
        var number = start
        while number < end {
            guard let next = keptUntil(number), next > number else { return number }
            number = next
        }
        return nil
    }

    /// Types of one group read each other's bytes.
    private static func group(_ kind: String) -> String {
        switch kind {
        case "int32", "int64", "uint32", "uint64", "bool": "varint"
        case "sint32", "sint64": "zigzag"
        case "fixed32", "sfixed32": "fixed32"
        case "fixed64", "sfixed64": "fixed64"
        default: kind
        }
    }

    private static func wire(_ kind: String) -> Int {
        switch kind {
        case "double", "fixed64", "sfixed64": 1
        case "string", "bytes", "message": 2
        case "float", "fixed32", "sfixed32": 5
        default: 0
        }
    }
}

// MARK: - Enums and frame types

extension BreakingChanges {
    private mutating func enumeration(_ name: String) {
        guard let before = old.enums[name] else { return }
        guard let after = new.enums[name] else {
            return report(name, "the enum is gone", why: "its numbers have no meaning any more", in: name)
        }
        for value in before.values {
            guard let now = after.value(numbered: value.number) else {
                if !after.reserves(value.number) {
                    report(
                        "\(name).\(value.name)", "value \(value.number) is gone and its number is not reserved",
                        why: "a later value may take the number, and old bytes would be read as that", in: name)
                }
                continue
            }
            if now.name != value.name {
                let what = "value \(value.number) is now called \(now.name): if it means something else, it is a break"
                changes.remarks.append(Remark(element: "\(name).\(value.name)", what: what))
            }
        }
        for value in after.values where before.reserves(value.number) {
            report(
                "\(name).\(value.name)", "value \(value.number) takes a number that was reserved",
                why: "bytes in which it means something else may exist", in: name)
        }
        for range in before.reserved where range.end < .max {
            if let free = Self.firstFree(from: range.start, before: range.end + 1, after.keptUntil) {
                freed(free, name)
            }
        }
    }

    /// A type means one message for ever.
    private mutating func frameTypes() {
        guard let before = old.enums[FrameTypes.enumName] else { return }
        let after = new.enums[FrameTypes.enumName]
        func report(_ number: Int32, _ what: String, _ why: String) {
            changes.breaks.append(
                Break(
                    element: "frame type \(number)", what: what, why: why,
                    whom: Audience.people(ofFrame: number)))
        }
        for value in before.values {
            let now = after?.value(numbered: value.number)
            if let now, now.name != value.name {
                report(
                    value.number, "it was \(value.name) and is \(now.name)",
                    "a body of one message is read as the other")
            } else if now == nil, after?.reserves(value.number) != true {
                report(
                    value.number, "\(value.name) is gone and the number is not reserved",
                    "an older peer still sends it, and a later message may take the number")
            }
        }
        for value in after?.values ?? [] where before.reserves(value.number) {
            report(
                value.number, "\(value.name) takes a number that was reserved",
                "an older peer may still send what it was")
        }
    }
}

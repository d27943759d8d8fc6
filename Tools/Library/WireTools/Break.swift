/// Something that two versions of the protocol read differently.
package struct Break: Equatable {
    /// What it is about: a field (`Heartbeat.applied`), a message, an enum value, `frame type 35`, or a file.
    package var element: String
    package var what: String
    /// What goes wrong when the two versions meet.
    package var why: String
    /// Who meets it.
    package var whom: String
}

/// What breaks nobody's bytes, and yet should be known.
package struct Remark: Equatable {
    package var element: String
    package var what: String
}

/// What became of the protocol between two versions.
package struct Changes: Equatable {
    package var breaks: [Break] = []
    package var remarks: [Remark] = []

    package init() {}
}

import Testing
import Text

@Test func `a table is laid out as Docker lays it out`() {
    var secrets = Table(["ID", "NAME", "DRIVER", "CREATED", "UPDATED"])
    secrets.append(["oi5swye7y0h464yf6qiq0on1l", "zz-sec2", "", "15 seconds ago", "15 seconds ago"])
    #expect(
        secrets.text == """
            ID                          NAME      DRIVER    CREATED          UPDATED
            oi5swye7y0h464yf6qiq0on1l   zz-sec2             15 seconds ago   15 seconds ago

            """)
    var services = Table(["ID", "NAME", "MODE", "REPLICAS", "IMAGE", "PORTS"])
    services.append(["ynm069c1qof0", "secret-service", "replicated", "1/1", "centos:latest", ""])
    let lines = services.text.split(separator: "\n")
    #expect(lines[0] == "ID             NAME             MODE         REPLICAS   IMAGE           PORTS")
    #expect(lines[1] == "ynm069c1qof0   secret-service   replicated   1/1        centos:latest   ")
    #expect(Table(["ID", "NAME", "PORTS"]).text == "ID        NAME      PORTS\n")
}

@Test func `a cell can't move the cursor and a wide one keeps the columns`() {
    #expect(Table.layOut([["a\u{1B}[2J\n", "b"]]) == "a\\x1b[2J\\n   b\n")
    #expect(Table.layOut([["日本", "b"], ["a", "b"]]) == "日本      b\na         b\n")
}

@Test func `an error is quoted and cut at thirty`() {
    #expect("".quotedError() == "")
    #expect("short".quotedError() == "\"short\"")
    let long = String(repeating: "x", count: 31)
    #expect(long.quotedError() == "\"" + String(repeating: "x", count: 29) + "…\"")
    #expect(long.quotedError(full: true) == "\"\(long)\"")
}

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

/// Tasks as `service ps` shows them, 107 columns wide.
private let tasks: Table = {
    var table = Table(["ID", "NAME", "NODE", "DESIRED STATE", "CURRENT STATE", "ERROR", "PORTS"])
    table.append(["al5midfo9ay3", "bad.1", "w1", "Running", "Pending 1 second ago", "", ""])
    table.append(
        ["29g41liamql8", " \\_ bad.1", "w2", "Shutdown", "Failed 15 seconds ago", "\"task: non-zero exit (1)\"", ""])
    return table
}()

@Test func `on a wide terminal a table is as it is in a file`() {
    #expect(tasks.text(fitting: 120, least: Array(repeating: 8, count: 7)) == tasks.text)
    #expect(Table(["ID", "NAME"]).text(fitting: 80, least: [1, 1]) == "ID        NAME\n")
    #expect(Table(["ID", "NAME"]).text(fitting: 10, least: [1, 1]) == "ID  NAME\n")
}

@Test func `on a narrow terminal columns give way from the last one on, and no line is broken`() {
    let least = [12, 16, 10, 10, 16, 10, 10]
    #expect(
        tasks.text(fitting: 80, least: least) == """
            ID            NAME       NODE  DESIRED   CURRENT                ERROR
            al5midfo9ay3  bad.1      w1    Running   Pending 1 second ago
            29g41liamql8   \\_ bad.1  w2    Shutdown  Failed 15 seconds ago  "task: non-zero…

            """)
    #expect(
        tasks.text(fitting: 64, least: least) == """
            ID            NAME       NODE  DESIRED   CURRENT           ERROR
            al5midfo9ay3  bad.1      w1    Running   Pending 1 secon…
            29g41liamql8   \\_ bad.1  w2    Shutdown  Failed 15 secon…  "tas…

            """)
    for width in 1...110 {
        let lines = tasks.text(fitting: width, least: least).split(separator: "\n")
        #expect(lines.count == 3 && lines.allSatisfy { String($0).displayWidth <= width }, "\(width)")
    }
}

@Test func `a text is cut to columns, not to letters`() {
    #expect("abc".truncated(toColumns: 3) == "abc")
    #expect("abcd".truncated(toColumns: 3) == "ab…")
    #expect("日本語".truncated(toColumns: 5) == "日本…")
    #expect("日本語".truncated(toColumns: 4) == "日…")
    #expect("abc".truncated(toColumns: 0) == "")
}

import Foundation
import Testing

/// What a task can read of the daemons of its host: nothing.
@Suite(.serialized, .enabled(if: isRoot, "sandboxes and mounts need root"))
struct IsolationTests {
    /// Prints, a line each: `READ path` for what can be read, `OPEN path` for what can be connected to, and the process's
    /// own capabilities. The client is the first argument, what follows are paths.
    private static let probe = #"""
        client=$1; shift
        for path in "$@"; do
            if [ -d "$path" ]; then
                [ -z "$(ls -A "$path" 2>/dev/null)" ] || echo "READ $path"
            elif [ -S "$path" ]; then
                "$client" --host "unix://$path" --timeout 2s status >/dev/null 2>&1
                [ $? -eq 6 ] || echo "OPEN $path"
            elif head -c 1 "$path" >/dev/null 2>&1; then
                echo "READ $path"
            fi
        done
        for file in /proc/[0-9]*; do
            tr '\0' ' ' <"$file/cmdline" 2>/dev/null | grep -q 'conclave[d] ' && echo "SEES $file"
            for path in "$@"; do
                case $path in /var/tmp/*) [ -f "$file/root$path" ] && echo "READ $file/root$path" ;; esac
            done
        done
        for path in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /sys/kernel /etc /usr; do
            [ -w "$path" ] && echo "WRITES $path"
        done
        grep -E '^(Cap|NoNewPrivs)' /proc/self/status | tr '\t' ' '
        echo done
        """#

    private static let powerless = [
        "CapInh: 0000000000000000", "CapPrm: 0000000000000000", "CapEff: 0000000000000000",
        "CapBnd: 0000000000000000", "CapAmb: 0000000000000000", "NoNewPrivs: 1", "done",
    ]

    @Test func `a task reads nothing of a daemon's, as its own user and as user 0`() throws {
        // Below /tmp everything would be hidden by the task's own /tmp.
        let cluster = try TestCluster("isolation", below: "/var/tmp")
        defer { cluster.tearDown() }
        let stranger = try TestCluster("stranger", below: "/var/tmp")
        defer { stranger.tearDown() }
        try stranger.form(managers: ["x1"])
        try cluster.start("m1", ["--allow-root-tasks"])
        try cluster.form(managers: ["m1"])
        try cluster.must("m1", "secret", "create", "own", "-", input: "own value")
        try cluster.must("m1", "secret", "create", "other", "-", input: "other value")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "victim", "--secret", "other", "--process", "--",
            "/bin/sleep", "1000000")
        try cluster.waitRunning("m1", "victim", 1)

        // All that there is, as root of the host sees it, files in memory included.
        let paths = try [cluster, stranger].flatMap {
            try run("/usr/bin/find", [$0.base.path, "-mindepth", "1"]).lines
        }
        #expect(paths.contains { $0.hasSuffix("/keyring") } && paths.contains { $0.hasSuffix("/control.sock") })
        #expect(paths.contains { $0.contains("/run/tasks/") && $0.hasSuffix("/other") })
        let client = productsFolder.appending(path: "conclave").path
        // The last two show that the probe sees what may be seen.
        let words = ["-c", Self.probe, "probe", client] + paths + ["/etc/passwd", "/run/secrets/own"]
        let expected = ["READ /etc/passwd", "READ /run/secrets/own"] + Self.powerless

        for (name, user) in [("plain", []), ("root", ["--user", "0"])] {
            let program = [
                "/bin/sh", "-c", "/bin/sh \"$@\" >/tmp/report 2>/tmp/trouble; exec sleep 1000000", "program",
            ]
            let made = try cluster.conclave(
                "m1",
                arguments: ["service", "create", "--detach", "--name", name, "--secret", "own"] + user
                    + ["--process", "--"] + program + words)
            #expect(made.code == 0, "\(made.all)")
            try cluster.waitRunning("m1", name, 1)
            let byExec = try cluster.conclave("m1", arguments: ["exec", "\(name).1", "/bin/sh"] + words)
            #expect(byExec.lines == expected, "\(name), by exec: \(byExec.all)")
            var report: [String] = []
            let isReported = try eventually(within: 30) {
                report = try cluster.conclave("m1", "exec", "\(name).1", "cat", "/tmp/report").lines
                return report.last == "done"
            }
            #expect(isReported && report == expected, "\(name), by its own program: \(report)")
        }

        // A daemon that came later: its folders have no mask in these tasks, but their permissions.
        try stranger.start("late")
        let late = try run("/usr/bin/find", [stranger.folder("late").appending(path: "state").path]).lines
        let seen = try cluster.conclave(
            "m1", arguments: ["exec", "plain.1", "/bin/sh", "-c", Self.probe, "probe", client] + late)
        #expect(seen.lines == Self.powerless, "\(seen.all)")
    }

    @Test func `user 0 is refused where it was not allowed, as a task's user and in exec`() throws {
        let cluster = try TestCluster("noroot")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"])
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "root", "--user", "0", "--restart-condition", "none",
            "--process", "--", "/bin/sleep", "1000000")
        let isRefused = try eventually {
            try cluster.must("m1", "service", "ps", "--no-trunc", "root").contains("user 0 is not allowed")
        }
        let shown = try cluster.must("m1", "service", "ps", "--no-trunc", "root")
        #expect(isRefused, "\(shown)")
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--process", "--", "/bin/sleep", "1000000")
        try cluster.waitRunning("m1", "web", 1)
        let tried = try cluster.conclave("m1", "exec", "--user", "0", "web.1", "id")
        #expect(tried.code != 0 && !tried.output.contains("uid=0"), "\(tried.all)")
    }
}

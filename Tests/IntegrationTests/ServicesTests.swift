import Foundation
import Testing

/// Services on real daemons: updates and their failures, global services, the article's swap of a secret.
@Suite(.serialized, .enabled(if: isRoot, "sandboxes and mounts need root"))
struct ServicesTests {
    @Test func `an update that fails is rolled back, and the command says so`() throws {
        let cluster = try TestCluster("rollback")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"], workers: ["w1"])
        let created = try cluster.conclave(
            "m1", "service", "create", "--name", "web", "--replicas", "3", "--update-failure-action", "rollback",
            "--update-monitor", "500ms", "--process", "--", "/bin/sleep", "1000000")
        #expect(created.code == 0, "\(created.all)")
        #expect(created.errors.contains("overall progress: 3 out of 3 tasks\n"), "\(created.all)")
        #expect(created.errors.hasSuffix("verify: Service web converged\n"), "\(created.all)")
        let before = try cluster.must("m1", "service", "ps", "web", "-q")

        let updated = try cluster.conclave("m1", "service", "update", "web", "--", "/bin/sh", "-c", "exit 3")
        #expect(updated.code == 11, "\(updated.all)")
        #expect(updated.errors.contains("service web was rolled back"), "\(updated.all)")
        #expect(
            updated.errors.contains("update rolled back due to failure or early termination of task"),
            "\(updated.all)")
        try cluster.waitRunning("m1", "web", 3)
        let after = try cluster.must("m1", "service", "ps", "web", "-q").split(separator: "\n")
        // Two of three were never touched.
        #expect(before.split(separator: "\n").filter { after.contains($0) }.count == 3)
        let page = try cluster.must("m1", "service", "inspect", "--pretty", "web")
        #expect(page.contains(" State:\t\trollback_completed\n"), "\(page)")
        #expect(page.contains(" Program:\t/bin/sleep \n"), "\(page)")
        let history = try cluster.must("m1", "service", "ps", "--no-trunc", "web")
        #expect(history.contains("\\_ web.") && history.contains("non-zero exit (3)"), "\(history)")

        // A good update goes through, and back by hand.
        let good = try cluster.conclave("m1", "service", "update", "web", "--", "/bin/sleep", "2000000")
        #expect(good.code == 0, "\(good.all)")
        #expect(try cluster.must("m1", "service", "inspect", "--pretty", "web").contains(" Args:\t\t2000000 \n"))
        let back = try cluster.conclave("m1", "service", "rollback", "web")
        #expect(back.code == 0, "\(back.all)")
        #expect(try cluster.must("m1", "service", "inspect", "--pretty", "web").contains(" Args:\t\t1000000 \n"))
    }

    @Test func `a service that does not come to run ends the waiting at its time limit, with the reason`() throws {
        let cluster = try TestCluster("late")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"])
        let late = try cluster.conclave(
            "m1", "--timeout", "1s", "service", "create", "--name", "web", "--constraint", "node.labels.x==y",
            "--process", "--", "/bin/sleep", "1")
        #expect(late.code == 8, "\(late.all)")
        #expect(
            late.errors.contains("no suitable node (scheduling constraints not satisfied on 1 node)"), "\(late.all)")
        let shown = try cluster.must("m1", "service", "ps", "--no-trunc", "web")
        #expect(shown.contains("Pending") && shown.contains("no suitable node"), "\(shown)")
        // And a paused update is a failure of its own.
        try cluster.must("m1", "service", "update", "--detach", "--constraint-rm", "node.labels.x==y", "web")
        _ = try cluster.conclave(
            "m1", "service", "update", "--update-monitor", "500ms", "web", "--", "/bin/sleep", "1000000")
        let paused = try cluster.conclave("m1", "service", "update", "web", "--", "/bin/sh", "-c", "exit 1")
        #expect(paused.code == 1, "\(paused.all)")
        #expect(paused.errors.contains("service update paused: update paused due to failure"), "\(paused.all)")
    }

    @Test func `a task's own facts stand in its variables, its host name and its mounts`() throws {
        let cluster = try TestCluster("facts")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"], workers: ["w1"])
        let folder = cluster.base.appending(path: "m1-data")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("here".utf8).write(to: folder.appending(path: "file"))
        try cluster.must(
            "m1", "service", "create", "--detach", "--name", "web", "--constraint", "node.hostname==m1", "--constraint",
            "node.platform.os==linux", "--env", "WHERE={{.Node.Hostname}} {{.Node.Platform.OS}}", "--hostname",
            "{{.Service.Name}}-{{.Task.Slot}}", "--mount",
            "type=bind,source=\(cluster.base.path)/{{.Node.Hostname}}-data,target=/mnt", "--process", "--",
            "/bin/sleep",
            "1000000")
        try cluster.waitRunning("m1", "web", 1)
        let told = try cluster.must(
            "m1", "exec", "web.1", "sh", "-c", "echo $WHERE $(cat /proc/sys/kernel/hostname) $(cat /mnt/file)")
        #expect(told == "m1 linux web-1 here")
        let page = try cluster.must("m1", "service", "inspect", "--pretty", "web")
        #expect(page.contains(" Env:\t\tWHERE={{.Node.Hostname}} {{.Node.Platform.OS}} \n"), "\(page)")
        let refused = try cluster.conclave("m1", "service", "update", "--env-add", "A={{.Node.Name}}", "web")
        #expect(refused.code == 2, "\(refused.all)")
        #expect(refused.errors.contains("the variable A has a placeholder that can't be filled in\n"))
        #expect(refused.errors.contains("why: template: there is no field .Name; there are: .ID .Hostname .Platform"))
    }

    @Test func `why a program does not start is told in words, and what is found is shown beside what is not`() throws {
        let cluster = try TestCluster("words")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"])
        try cluster.must("m1", "service", "create", "--detach", "--name", "web", "--process", "--", "/bin/nonesuch")
        let isTold = try eventually {
            try cluster.must("m1", "service", "ps", "--no-trunc", "web")
                .contains("the program was not found: No such file or directory")
        }
        #expect(isTold)
        let both = try cluster.conclave("m1", "service", "ps", "--format", "{{.Name}}", "none", "web")
        #expect(both.code == 3 && both.errors.contains("no such service: none"), "\(both.all)")
        #expect(both.output.contains("web.1"), "\(both.all)")
        let nodes = try cluster.conclave("m1", "node", "ps", "-q", "none", "self")
        #expect(nodes.code == 3 && !nodes.output.isEmpty, "\(nodes.all)")
        #expect(try cluster.must("m1", "node", "ls").split(separator: "\n")[1].contains("secure"))
    }

    @Test func `a global service follows nodes that come and are drained`() throws {
        let cluster = try TestCluster("global")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"], workers: ["w1"])
        let created = try cluster.conclave(
            "m1", "service", "create", "--mode", "global", "--name", "every", "--update-monitor", "0s", "--process",
            "--", "/bin/sleep", "1000000")
        #expect(created.code == 0, "\(created.all)")
        func nodes() throws -> [String] {
            try cluster.must(
                "m1", "service", "ps", "every", "--filter", "desired-state=running", "--format",
                "{{.Node}} {{.CurrentState}}"
            ).split(separator: "\n").filter { $0.contains(" Running") }.map { String($0.prefix { $0 != " " }) }.sorted()
        }
        #expect(try nodes() == ["m1", "w1"])
        #expect(
            try cluster.must("m1", "service", "ls", "--format", "{{.Name}} {{.Mode}} {{.Replicas}}")
                == "every global 2/2")
        try cluster.start("w2")
        let token = try cluster.must("m1", "swarm", "join-token", "-q", "worker")
        try cluster.must("w2", "swarm", "join", "--token", token, cluster.address("m1"))
        let hasCome = try eventually { try nodes() == ["m1", "w1", "w2"] }
        #expect(hasCome)
        try cluster.must("m1", "node", "update", "--availability", "drain", "w1")
        let isDrained = try eventually { try nodes() == ["m1", "w2"] }
        #expect(isDrained)
        try cluster.must("m1", "node", "update", "--availability", "active", "w1")
        let isBack = try eventually { try nodes() == ["m1", "w1", "w2"] }
        #expect(isBack)
        let task = try cluster.must("m1", "service", "ps", "every", "--format", "{{.Name}}").split(separator: "\n")[0]
        #expect(try cluster.conclave("m1", "exec", String(task), "true").code == 0)
        let scaled = try cluster.conclave("m1", "service", "scale", "every=3")
        #expect(scaled.code == 2 && scaled.errors.contains("scale can only be used with replicated mode"))
        // `self` is a node like any other.
        #expect(try cluster.must("m1", "node", "update", "--label-add", "a=b", "self") == "self")
        #expect(try cluster.must("m1", "node", "inspect", "m1").contains("\"a\": \"b\""))
    }

    @Test func `a secret is swapped for another under the same name, as the article does it`() throws {
        let cluster = try TestCluster("swap")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"], workers: ["w1"])
        try cluster.must("m1", "secret", "create", "my-secret", "-", input: "This is a secret")
        try cluster.must("m1", "secret", "create", "my-secret.v2", "-", input: "A new secret")
        for name in ["secret-service", "secret-stack"] {
            try cluster.must(
                "m1", "service", "create", "--detach=true", "--name", name, "--secret", "my-secret",
                "--stop-grace-period", "1s", "--update-monitor", "0s", "--process", "--", "/bin/sleep", "1000000")
            try cluster.waitRunning("m1", name, 1)
        }
        #expect(
            try cluster.must("m1", "exec", "secret-service.1", "cat", "/run/secrets/my-secret") == "This is a secret")
        let refused = try cluster.conclave("m1", "secret", "rm", "my-secret")
        #expect(refused.code == 5)
        #expect(
            refused.errors.contains(
                "secret 'my-secret' is in use by the following services: secret-service, secret-stack"))
        let absent = try cluster.conclave("m1", "service", "update", "--secret-rm", "other", "secret-service")
        #expect(absent.code == 3 && absent.errors.contains("the service does not use a secret 'other'"))
        for name in ["secret-service", "secret-stack"] {
            let swapped = try cluster.conclave(
                "m1", "service", "update", "--secret-rm", "my-secret", "--secret-add",
                "source=my-secret.v2,target=my-secret", name)
            #expect(swapped.code == 0, "\(swapped.all)")
            #expect(try cluster.must("m1", "exec", "\(name).1", "cat", "/run/secrets/my-secret") == "A new secret")
        }
        let shown = try cluster.must("m1", "service", "ps", "secret-service")
        #expect(shown.contains(" \\_ secret-service.1") && shown.contains("Shutdown"), "\(shown)")
        let isGone = try eventually { try cluster.conclave("m1", "secret", "rm", "my-secret").code == 0 }
        #expect(isGone)
        // The way back leads to what is no more: it is refused, and the task runs on.
        let before = try cluster.must("m1", "service", "ps", "secret-service", "-q")
        let rollback = try cluster.conclave("m1", "service", "rollback", "secret-service")
        #expect(rollback.code == 5, "\(rollback.all)")
        #expect(rollback.errors.contains("secret 'my-secret'"), "\(rollback.all)")
        try cluster.must("m1", "service", "update", "--detach", "--label-add", "a=b", "secret-service")
        #expect(try cluster.must("m1", "service", "ps", "secret-service", "-q") == before)
        // What the article could not do.
        try cluster.must("m1", "secret", "update", "my-secret.v2", "-", input: "newer still")
        let isNew = try eventually {
            try cluster.conclave("m1", "exec", "secret-service.1", "cat", "/run/secrets/my-secret").output
                == "newer still"
        }
        #expect(isNew)
        #expect(try cluster.must("m1", "service", "ps", "secret-service", "-q") == before)
    }

    @Test func `Ctrl-C ends the waiting, not the work`() throws {
        let cluster = try TestCluster("interrupt")
        defer { cluster.tearDown() }
        try cluster.form(managers: ["m1"])
        let waiting = try Running(
            productsFolder.appending(path: "conclave").path,
            [
                "--host", "unix://\(cluster.socket("m1"))", "service", "create", "--name", "web", "--update-monitor",
                "10m", "--process", "--", "/bin/sleep", "1000000",
            ])
        let isWaiting = eventually { waiting.errors.contains("verify: Waiting") }
        #expect(isWaiting, "\(waiting.errors)")
        kill(waiting.pid, SIGINT)
        let finished = waiting.wait()
        #expect(finished.code == 130)
        #expect(finished.errors.contains("Operation continuing in background."), "\(finished.all)")
        try cluster.waitRunning("m1", "web", 1)
    }
}

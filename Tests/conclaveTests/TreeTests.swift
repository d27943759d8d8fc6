import CommandLine
import Model
import Testing
import Wire

@testable import conclave

private func walk(_ command: Verb, _ path: [String], _ body: (Verb, [String]) throws -> Void) rethrows {
    try body(command, path)
    for inner in command.commands { try walk(inner, path + [inner.name], body) }
}

/// The parsed line of a command that is not run.
func session(_ words: [String]) throws -> Session {
    guard case .run(let parsed) = try Tree.program.parse(words) else { throw UsageError("help") }
    return Session(parsed)
}

@Test func `every page of help fits eighty columns and names its options`() throws {
    try walk(Tree.program, []) { command, path in
        guard case .help(let text) = try Tree.program.parse(path + ["--help"]) else {
            Issue.record("\(path) has no help")
            return
        }
        for line in text.split(separator: "\n") { #expect(line.count <= 80, "\(path): \(line)") }
        for flag in command.flags { #expect(text.contains("--\(flag.name)"), "\(path): \(flag.name)") }
        #expect(!command.summary.hasSuffix("."), "\(path)")
        #expect((command.action == nil) == !command.commands.isEmpty, "\(path)")
    }
}

@Test func `no option of a command hides another or one of the program`() {
    walk(Tree.program, []) { command, path in
        let flags = path.isEmpty ? command.flags : command.flags + Tree.program.flags
        let names = flags.flatMap { [$0.name] + $0.aliases }
        let letters = flags.compactMap(\.short)
        #expect(Set(names).count == names.count, "\(path): \(names)")
        #expect(Set(letters).count == letters.count, "\(path): \(letters)")
    }
}

@Test func `the commands of the manual are understood`() throws {
    for line in [
        "swarm init", "swarm join --token T host1:7377", "swarm join-token -q manager", "swarm leave --force",
        "node ls --format {{.Hostname}}", "node update --availability drain m1", "secret create my-secret -",
        "secret update --revision 41 db new.txt", "secret update db --revision 1 -", "secret rm a b",
        "service create --detach --name web --replicas 2 --secret s --process -- /bin/sleep 1000000",
        "service create --name web --restart-condition none --process -- /bin/sh -c x",
        "service ps --no-trunc --no-resolve web", "service rollback -d web",
        "service ps web --filter desired-state=running", "service scale web=2 api=3",
        "stack deploy -c compose.yml -c production.yml --prune --wait shop", "stack ps shop", "stack rm shop",
        "stack config -c compose.yml", "exec -it web.1 sh", "exec -d short.1 sh -c x", "status --format {{.Term}}",
        "--timeout 2s secret ls",
        "version",
    ] {
        #expect(throws: Never.self, "\(line)") { _ = try session(line.split(separator: " ").map(String.init)) }
    }
    let created = try session(["service", "create", "--name", "w", "--process", "--", "/bin/sleep", "--now"])
    #expect(created.parsed.arguments == ["/bin/sleep", "--now"])
    #expect(try session(["service", "update", "web", "--", "/bin/x", "-y"]).parsed.beforeDashes == 1)
}

@Test func `options of a task go into its spec, and only they`() throws {
    var task = TaskSpec()
    try SpecFlags.apply(
        &task,
        try session([
            "service", "create", "--limit-memory", "512m", "--limit-cpu", "0.5", "--restart-condition", "on-failure",
            "--restart-delay", "1.5s", "--stop-grace-period", "1m", "--user", "1000:1000", "--on-partition", "stop",
            "--secret-memory", "preferred", "--process", "--", "app",
        ]))
    #expect(task.limits?.memoryBytes == 512 << 20)
    #expect(task.limits?.cpuNano == 500_000_000)
    #expect(task.restart?.condition == .onFailure)
    #expect(task.restart?.delayMilliseconds == 1500)
    #expect(task.program?.stopGraceMilliseconds == 60_000)
    #expect(task.program?.user == "1000:1000")
    #expect(task.onPartition == .stop && task.memory == .preferred)
    let before = task
    try SpecFlags.apply(&task, try session(["service", "update", "web"]))
    #expect(task == before)
    #expect(throws: Failure.self) {
        try SpecFlags.apply(&task, try session(["service", "update", "--limit-memory", "much", "web"]))
    }
}

@Test func `an update changes secrets, variables and labels of the spec that was read`() throws {
    var service = Service()
    var spec = ServiceSpec()
    var task = TaskSpec()
    var program = ProgramSpec()
    program.environment = ["A=1", "B=2", "C=3"]
    program.secrets = try FileReference.all(["old", "source=x,target=y"], kind: "secret").map(\.secret)
    task.program = program
    spec.task = task
    spec.labels["k"] = "v"
    service.spec = spec
    let changed = try SpecChange.apply(
        to: service,
        try session([
            "service", "update", "--secret-rm", "old", "--secret-add", "source=z,target=y", "--env-add", "B=9",
            "--env-add", "D=4", "--env-rm", "A", "--label-rm", "k", "--label-add", "n=m", "--replicas", "3", "--force",
            "web",
        ]))
    #expect(changed.task?.program?.environment == ["B=9", "C=3", "D=4"])
    #expect(changed.task?.program?.secrets.map(\.secretName) == ["z"])
    #expect(changed.labels["k"] == nil && changed.labels["n"] == "m")
    #expect(changed.replicated?.replicas == 3)
    #expect(changed.task?.forceUpdate == 1)
    let failure = #expect(throws: Failure.self) {
        _ = try SpecChange.apply(to: service, try session(["service", "update", "--secret-rm", "other", "web"]))
    }
    #expect(failure?.message == "the service does not use a secret 'other'")
    #expect(failure?.code == .notFound)
}

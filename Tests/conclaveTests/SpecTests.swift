import CommandLine
import Foundation
import Model
import Testing
import Wire

@testable import conclave

private func created(_ words: String...) throws -> ServiceSpec {
    try ServiceCreate.spec(try session(["service", "create", "--name", "web"] + words))
}

private func changed(_ spec: ServiceSpec, _ words: String...) throws -> ServiceSpec {
    var service = Service()
    service.spec = spec
    return try SpecChange.apply(to: service, try session(["service", "update"] + words + ["web"]))
}

private func complaint(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "none"
    } catch {
        return (error as? Failure)?.message ?? "\(error)"
    }
}

@Test func `an image with a command, a program with arguments`() throws {
    let image = try created("--entrypoint", "/bin/sh -c", "--tty=true", "centos", "echo hello", "--now")
    #expect(image.task?.container?.image == "centos")
    #expect(image.task?.program?.command == ["/bin/sh", "-c"])
    #expect(image.task?.program?.arguments == ["echo hello", "--now"])
    #expect(image.task?.program?.terminal == true)
    let process = try created("--process", "--", "/bin/app", "-x")
    #expect(process.task?.container == nil)
    #expect(process.task?.program?.command == ["/bin/app"])
    #expect(process.task?.program?.arguments == ["-x"])
    #expect(complaint { _ = try created("--entrypoint", "x", "--process", "--", "app") } != "none")
}

@Test func `a global service has no number of replicas`() throws {
    #expect(try created("--mode", "global", "centos").global != nil)
    #expect(try created("--mode", "global", "centos").replicated == nil)
    #expect(try created("centos").replicated?.replicas == 1)
    #expect(
        complaint { _ = try created("--mode", "global", "--replicas", "2", "centos") }
            == "replicas can only be used with replicated mode")
    #expect(
        complaint { _ = try changed(try created("--mode", "global", "centos"), "--replicas", "2") }
            == "replicas can only be used with replicated mode")
}

@Test func `update and rollback have Swarm's options`() throws {
    let spec = try created(
        "--update-parallelism", "0", "--update-delay", "10s", "--update-failure-action", "rollback",
        "--update-monitor", "1m", "--update-max-failure-ratio", "0.25", "--update-order", "start-first",
        "--rollback-parallelism", "2", "--rollback-failure-action", "continue", "centos")
    #expect(spec.update?.parallelism == 0)
    #expect(spec.update?.delayMilliseconds == 10_000)
    #expect(spec.update?.failureAction == .rollback)
    #expect(spec.update?.monitorMilliseconds == 60_000)
    #expect(spec.update?.maxFailureRatio == 0.25)
    #expect(spec.update?.order == .startFirst)
    #expect(spec.rollback?.parallelism == 2)
    #expect(spec.rollback?.failureAction == .continue)
    #expect(try created("centos").update == nil)
    #expect(throws: UsageError.self) { try created("--rollback-failure-action", "rollback", "centos") }
    for ratio in ["-0.1", "1.1", "nan", "inf"] {
        let said = complaint { _ = try created("--update-max-failure-ratio=\(ratio)", "centos") }
        #expect(said == "TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1", "\(ratio)")
    }
    let other = try changed(spec, "--update-order", "stop-first")
    #expect(other.update?.order == .stopFirst && other.update?.delayMilliseconds == 10_000)
}

@Test func `mounts are read in Docker's long form`() throws {
    let bind = try MountInput.read("type=bind,source=/data,target=/srv,readonly,bind-propagation=rslave")
    #expect(bind.type == .bind && bind.source == "/data" && bind.target == "/srv" && bind.readOnly)
    #expect(bind.propagation == "rslave")
    let volume = try MountInput.read("src=db,dst=/db,volume-nocopy=true,volume-label=a=b,\"volume-opt=o=x,y\"")
    #expect(volume.type == .volume && volume.noCopy && volume.volumeLabels["a"] == "b")
    #expect(volume.volumeOptions["o"] == "x,y")
    let memory = try MountInput.read("type=tmpfs,destination=/tmp,tmpfs-size=64m,tmpfs-mode=0700")
    #expect(memory.type == .tmpfs && memory.sizeBytes == 64 << 20 && memory.mode == 0o700)
    for (text, message) in [
        ("type=bind,source=/x", "target is required"), ("type=nfs,target=/x", "mount type \"nfs\" is not known"),
        ("type=bind,target=/x", "invalid mount: source is required when specifying mount type=bind"),
        ("target=/x,bogus=1", "unexpected key 'bogus' in 'bogus=1'"),
        ("target=/x,source", "invalid field 'source' must be a key=value pair"),
        ("\"target=/x", "invalid argument \"\\\"target=/x\" for \"--mount\" flag: it can't be read"),
    ] {
        let said = complaint { _ = try MountInput.read(text) }
        #expect(said == message || text.hasPrefix("\"") && said.contains("can't be read"), "\(text): \(said)")
    }
}

@Test func `small texts become parts of a program`() throws {
    let spec = try created(
        "--ulimit", "nofile=1024:2048", "--ulimit", "nproc=64", "--cap-add", "net_admin", "--cap-drop", "ALL",
        "--add-host", "db:10.0.0.1", "--network", "name=back,alias=web", "--network", "front", "--group", "audio",
        "--placement-pref", "spread=node.labels.zone", "--replicas-max-per-node", "2", "centos")
    #expect(spec.task?.program?.ulimits.map(\.soft) == [1024, 64])
    #expect(spec.task?.program?.ulimits.map(\.hard) == [2048, 64])
    #expect(spec.task?.program?.capabilitiesAdded == ["CAP_NET_ADMIN"])
    #expect(spec.task?.program?.capabilitiesDropped == ["ALL"])
    #expect(spec.task?.program?.hosts == ["10.0.0.1 db"])
    #expect(spec.task?.networks.map(\.network) == ["back", "front"])
    #expect(spec.task?.networks.first?.aliases == ["web"])
    #expect(spec.task?.placement?.spread == ["node.labels.zone"])
    #expect(spec.task?.placement?.maxReplicas == 2)
    let other = try changed(
        spec, "--ulimit-rm", "nproc", "--ulimit-add", "nofile=9", "--cap-drop", "net_admin", "--network-rm", "front",
        "--placement-pref-rm", "spread=node.labels.zone", "--placement-pref-add", "spread=node.labels.rack",
        "--group-rm", "audio", "--host-rm", "db:10.0.0.1", "--mount-add", "type=tmpfs,target=/x")
    #expect(other.task?.program?.ulimits.map(\.soft) == [9])
    #expect(other.task?.program?.capabilitiesAdded == [])
    #expect(other.task?.program?.capabilitiesDropped == ["ALL", "CAP_NET_ADMIN"])
    #expect(other.task?.networks.map(\.network) == ["back"])
    #expect(other.task?.placement?.spread == ["node.labels.rack"])
    #expect(other.task?.program?.groups == [] && other.task?.program?.hosts == [])
    #expect(other.task?.program?.mounts.map(\.target) == ["/x"])
    #expect(try changed(other, "--mount-rm", "/x").task?.program?.mounts == [])
    #expect(complaint { _ = try created("--placement-pref", "pack=x", "centos") } != "none")
    #expect(complaint { _ = try created("--ulimit", "nofile", "centos") } == "invalid ulimit argument: nofile")
}

@Test func `a file of variables is read as Docker reads it`() throws {
    let path = "/tmp/conclave-variables-\(UInt64.random(in: 0...UInt64.max))"
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
    defer { try? FileManager.default.removeItem(atPath: path) }
    try write("A=1\r\n  # note\r\n\n  B=two words \nA=3\nCONCLAVE_NOT_SET\n")
    let spec = try created("--env-file", path, "--env", "C=x", "centos")
    #expect(spec.task?.program?.environment == ["A=3", "B=two words ", "C=x"])
    try write("GOOD=1\nNOT GOOD=2\n")
    #expect(
        complaint { _ = try created("--env-file", path, "centos") }
            == "poorly formatted environment: variable 'NOT GOOD' contains whitespaces")
}

@Test func `a health check is asked for, changed and switched off`() throws {
    let spec = try created(
        "--health-cmd", "curl localhost", "--health-interval", "2s", "--health-retries", "4", "--health-timeout",
        "500ms",
        "--health-start-period", "1m", "--health-start-interval", "1s", "centos")
    let health = spec.task?.program?.health
    #expect(health?.test == ["CMD-SHELL", "curl localhost"])
    #expect(health?.intervalMilliseconds == 2000 && health?.retries == 4 && health?.timeoutMilliseconds == 500)
    #expect(health?.startPeriodMilliseconds == 60_000 && health?.startIntervalMilliseconds == 1000)
    let off = try changed(spec, "--no-healthcheck")
    #expect(off.task?.program?.health?.test == ["NONE"])
    #expect(try changed(off, "--health-retries", "2").task?.program?.health?.test == [])
    #expect(
        complaint { _ = try created("--no-healthcheck", "--health-retries", "1", "centos") }
            == "--no-healthcheck conflicts with --health-* options")
}

@Test func `the article's swap moves a service to another secret under the same name`() throws {
    let spec = try created("--secret", "my-secret", "centos")
    let swapped = try changed(
        spec, "--secret-rm", "my-secret", "--secret-add", "source=my-secret.v2,target=my-secret")
    #expect(swapped.task?.program?.secrets.map(\.secretName) == ["my-secret.v2"])
    #expect(swapped.task?.program?.secrets.map(\.target?.name) == ["my-secret"])
}

@Test func `image, arguments and labels of containers are changed, those of programs refused`() throws {
    let image = try created("--container-label", "a=b", "centos:7", "sleep", "1")
    let other = try changed(
        image, "--image", "centos:8", "--args", "sh -c 'echo \"x y\"'", "--container-label-rm", "a",
        "--container-label-add", "c=d")
    #expect(other.task?.container?.image == "centos:8")
    #expect(other.task?.program?.arguments == ["sh", "-c", "echo \"x y\""])
    #expect(other.task?.container?.labels.pairs.map(\.key) == ["c"])
    let process = try created("--process", "--", "app")
    let said = complaint { _ = try changed(process, "--image", "x") }
    #expect(said.hasPrefix("--image is for images"))
}

@Test func `the same tag again asks what it is by now; another one, and a digest, do not`() throws {
    let latest = try created("app")
    let again = try changed(latest, "--image", "app:latest")
    #expect(again.task?.container?.lookup == 1)
    #expect(try changed(again, "--image", "app:latest").task?.container?.lookup == 2)
    #expect(try changed(again, "--env-add", "A=b").task?.container?.lookup == 1)
    #expect(try changed(again, "--image", "app:2").task?.container?.lookup == 0)
    let pinned = try created("app@sha256:" + String(repeating: "1", count: 64))
    let same = try changed(pinned, "--image", pinned.task?.container?.image ?? "")
    #expect(same == pinned)
}

@Test func `words are split as a shell does`() throws {
    for (text, words) in [
        ("a  b", ["a", "b"]), ("'a b' c", ["a b", "c"]), ("\"a \\\"b\\\"\" c\\ d", ["a \"b\"", "c d"]), ("", []),
        ("''", [""]), ("a'b'c", ["abc"]), ("\"\\n\"", ["\\n"]),
    ] {
        #expect(try ShellWords.split(text, of: "args") == words, "\(text)")
    }
    for text in ["'a", "\"a", "a\\"] {
        #expect(throws: Failure.self) { try ShellWords.split(text, of: "args") }
    }
}

import Model
import Testing
import Wire

@testable import Store

@Suite struct PlaceholderTests {
    private func spec(
        _ hand: Hand, environment: [String] = [], hostname: String = "", mounts: [Mount] = []
    ) -> ServiceSpec {
        var spec = hand.spec("web")
        spec.labels["tier"] = "front"
        spec.task?.program?.environment = environment
        spec.task?.program?.hostname = hostname
        spec.task?.program?.mounts = mounts
        return spec
    }

    private func bind(_ source: String, _ target: String) -> Mount {
        var mount = Mount()
        mount.type = .bind
        mount.source = source
        mount.target = target
        return mount
    }

    /// The second task of `web`, on node m1.
    private func placeholders(_ spec: ServiceSpec) -> Placeholders {
        var service = Service()
        service.spec = spec
        var task = StoredTask()
        task.id = TaskID(high: 3, low: 2)
        task.serviceID = ServiceID(high: 7, low: 1)
        task.serviceName = spec.name
        task.slot = 2
        task.nodeID = NodeID(high: 1, low: 0)
        var node = Node()
        node.name = "m1"
        node.description = NodeDescription()
        node.description?.os = "linux"
        node.description?.architecture = "x86_64"
        return Placeholders(task, service, on: node)
    }

    @Test(arguments: [
        ("{{.Node.Hostname}}", "m1"), ("{{.Service.Name}}-{{ .Task.Slot }}", "web-2"),
        ("{{.Node.ID}}", "\(NodeID(high: 1, low: 0))"), ("{{.Service.ID}}", "\(ServiceID(high: 7, low: 1))"),
        ("{{.Task.ID}}", "\(TaskID(high: 3, low: 2))"), ("{{.Task.Name}}", "web.2.\(TaskID(high: 3, low: 2))"),
        ("{{.Node.Platform.OS}}/{{.Node.Platform.Architecture}}", "linux/x86_64"),
        ("{{index .Service.Labels \"tier\"}}{{index .Service.Labels \"none\"}}", "front"),
        ("{{.Service.Labels.tier | upper}}", "FRONT"), ("{{join \"-\" .Service.Name .Task.Slot}}", "web-2"),
        ("a{{\"{{\"}}b", "a{{b"), ("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"),
    ])
    func `a task's own facts stand where its spec names them`(text: String, expected: String) throws {
        let hand = Hand()
        let spec = spec(
            hand, environment: ["A=\(text)", "{{.B}}=b"],
            mounts: [bind("/srv/{{.Node.Hostname}}", "/data/{{.Task.Slot}}")])
        let program = try placeholders(spec).filled(spec.task?.program ?? ProgramSpec())
        #expect(program.environment == ["A=\(expected)", "{{.B}}=b"])
        #expect(program.mounts[0].source == "/srv/m1" && program.mounts[0].target == "/data/2")
    }

    @Test func `a host name is filled in too, and the stored spec stays as it was written`() throws {
        var hand = Hand()
        let spec = spec(hand, hostname: "{{.Service.Name}}-{{.Task.Slot}}.{{.Node.Hostname}}")
        #expect(hand.service(spec).failure == nil)
        let stored = try hand.store.findService("web").spec
        #expect(stored?.task?.program?.hostname == "{{.Service.Name}}-{{.Task.Slot}}.{{.Node.Hostname}}")
        #expect(try placeholders(spec).filled(stored?.task?.program ?? ProgramSpec()).hostname == "web-2.m1")
    }

    @Test(arguments: [
        ("{{.Node.Name}}", "there is no field .Name; there are: .ID .Hostname .Platform"),
        ("{{.Nod.ID}}", "there is no field .Nod; there are: .Service .Node .Task"),
        ("{{.Node.ID", "\"}}\" is missing"), ("{{secret \"db\"}}", "function \"secret\" not defined"),
        ("{{if .Node.ID}}x{{end}}", "can't be used here"), ("{{range .Service.Labels}}x{{end}}", "can't be used here"),
        ("{{.Service.Labels.none}}", "there is no field .none; there are: .long .tier"),
        (String(repeating: "x", count: 4096) + "{{.Node.ID}}", "at most 4096 bytes"),
        (
            String(repeating: "{{.Service.Labels}}", count: 215) + String(repeating: "{{json .}}", count: 1),
            "16384 bytes"
        ),
    ])
    func `what is no placeholder is refused when the service is created or changed`(text: String, why: String) throws {
        var hand = Hand()
        var spec = spec(hand, environment: ["A=1", "B=\(text)"])
        spec.labels["long"] = String(repeating: "y", count: 100)
        let failure = hand.service(spec).failure
        #expect(failure?.code == .invalid)
        #expect(failure?.message == "the variable B has a placeholder that can't be filled in")
        #expect(failure?.why.contains(why) == true, "\(failure?.why ?? "")")
        var good = spec
        good.task?.program?.environment = []
        #expect(hand.service(good).failure == nil)
        #expect(hand.update("web", spec).failure?.code == .invalid)
    }

    @Test func `what a placeholder makes must be what may stand there`() {
        var hand = Hand()
        #expect(
            hand.service(spec(hand, hostname: "{{.Service.ID}}/x")).failure?.message.hasPrefix("invalid hostname")
                == true)
        let outcome = hand.service(spec(hand, mounts: [bind("/a", "{{index .Service.Labels \"none\"}}/..")]))
        #expect(outcome.failure?.message.hasPrefix("invalid mount target") == true)
        let twice = [bind("/a", "/{{.Service.Name}}"), bind("/b", "/web")]
        #expect(
            hand.service(spec(hand, mounts: twice)).failure?.message.hasPrefix("ContainerSpec: duplicate mount") == true
        )
    }
}

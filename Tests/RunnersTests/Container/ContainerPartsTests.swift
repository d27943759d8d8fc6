import Bytes
import Glibc
import Model
import Seams
import Testing
import Text
import Wire

@testable import Runners

@Suite struct ContainerPartsTests {
    @Test func `the outcome of a pull is its last word, in whatever pieces it comes`() {
        let text = #"{"status":"Pulling"}"# + "\n" + #"{"error":"no such host","errorDetail":{"message":"x"}}"# + "\n"
        for size in 1...text.utf8.count {
            var progress = PullProgress()
            progress.head.status = 200
            let bytes = Bytes(utf8: text)
            for start in stride(from: 0, to: bytes.count, by: size) {
                progress.take(bytes.slice(start..<min(bytes.count, start + size)))
            }
            #expect(progress.outcome.failure == .refused(status: 200, "no such host"))
        }
        var good = PullProgress()
        good.head.status = 200
        good.take(Bytes(utf8: #"{"status":"Downloaded"}"#))
        #expect(good.outcome.failure == nil)
        var long = PullProgress()
        long.head.status = 500
        long.take(Bytes([UInt8](repeating: 0x78, count: 100_000) + Array("\n{\"message\":\"denied\"}".utf8)))
        #expect(long.outcome.failure == .refused(status: 500, "denied"))
    }

    @Test(
        arguments: [
            (
                #"{"cpu_stats":{"cpu_usage":{"total_usage":5000}},"pids_stats":{"current":3},"#
                    + #""memory_stats":{"usage":900,"stats":{"inactive_file":200}}}"#, [5000, 700, 3]
            ),
            // Version 1 counts the groups below, too, under another name.
            (
                #"{"memory_stats":{"usage":900,"stats":{"inactive_file":1,"total_inactive_file":300}}}"#,
                [nil, 600, nil]
            ),
            (#"{"memory_stats":{"usage":9,"stats":{"inactive_file":10}}}"#, [nil, 0, nil]),
            (#"{"cpu_stats":{"cpu_usage":{"total_usage":0}},"pids_stats":{},"memory_stats":{}}"#, [nil, nil, nil]),
            (#"{"cpu_stats":[],"pids_stats":{"current":-1},"memory_stats":{"usage":"much"}}"#, [nil, nil, nil]),
            ("null", [nil, nil, nil]),
        ] as [(String, [UInt64?])])
    func `what an engine says of a container's usage is taken, and zero is not`(_ said: String, _ told: [UInt64?])
        throws
    {
        let usage = TaskUsage(engine: try JSON.read(Array(said.utf8)))
        #expect([usage.processorNanoseconds, usage.memoryBytes, usage.processes] == told)
    }

    @Test func `a hard limit of the engine bounds what a container is given (trap 2)`() {
        let text = """
            Limit                     Soft Limit           Hard Limit           Units
            Max processes             90000                95000                processes
            Max open files            1024                 20000                files
            """
        let limits = EngineLimits(parsing: text)
        #expect(limits.openFiles == 20_000 && limits.processes == 95_000)
        let given = limits.ulimits(of: [])
        #expect(given.map(\.name) == ["nofile", "nproc"])
        #expect(given.map(\.hard) == [20_000, 95_000])
        var own = Ulimit()
        own.name = "nofile"
        own.soft = 10
        own.hard = 20
        #expect(limits.ulimits(of: [own]).map(\.hard) == [20, 95_000])
        let free = EngineLimits(parsing: "Max processes  unlimited  unlimited  processes\n").ulimits(of: [])
        #expect(free.map(\.hard) == [1_048_576, -1])
    }

    @Test func `a record says after a restart what it said before`() {
        var record = ContainerRecord()
        record.boot = "5f0c"
        #expect(ContainerRecord(parsing: record.text) == record)
        record.id = "2d64"
        record.program = TaskRecord.Process(pid: 4713, startTime: 998_879)
        record.stopSignal = 2
        record.watchdog = TaskRecord.Process(pid: 4714, startTime: 998_880)
        #expect(ContainerRecord(parsing: record.text) == record)
        #expect(ContainerRecord(parsing: "program x y\nid\n\u{0}") == ContainerRecord())
    }

    @Test func `an archive of links is one that tar unpacks`() throws {
        let scratch = Scratch()
        let archive = try LinkArchive.bytes([(path: "/etc/app.conf", target: "/run/configs/.root/etc/app.conf")])
        try SmallFile.replace("\(scratch.path)/links.tar", archive.array)
        let folder = scratch.folder("out")
        #expect(unsafe system("tar -C \(folder) -xf \(scratch.path)/links.tar") == 0)
        #expect(try Folder("\(folder)/etc").target(of: "app.conf") == "/run/configs/.root/etc/app.conf")
        #expect(throws: RunnerError.self) {
            try LinkArchive.bytes([(path: "/" + String(repeating: "x", count: 100), target: "/x")])
        }
    }

    private static let recorded = "/work/shared/data/docker-api/402-container-inspect.jsonl"

    @Test(.enabled(if: exists(recorded), "the recorded traffic of an engine is not here"))
    func `what a real engine said of a container is understood, through the parser`() throws {
        let lines = try #require(text(Self.recorded)).split(separator: "\n")
        var states: [ContainerState] = []
        for line in lines {
            let exchange = try JSON.read(String(line))
            guard exchange["req"]?["path"]?.string?.hasSuffix("/json") == true, let body = exchange["resp"]?["body"]
            else { continue }
            let said = body.text
            var parser = HTTPResponseParser()
            let size = String(said.utf8.count, radix: 16)
            let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n\(said)\r\n0\r\n\r\n"
            var whole: [UInt8] = []
            for case .body(let bytes) in try parser.take(Bytes(utf8: answer)) { whole += bytes }
            states.append(ContainerState(try JSON.read(whole)))
        }
        #expect(!states.isEmpty)
        for state in states { #expect(state.isRunning && state.pid > 1 && state.hasRun && state.id.count == 64) }
    }

    // MARK: - What the engine is asked for

    private func plan(_ change: (inout TaskLaunch, inout ProgramSpec) -> Void) -> JSON {
        var launch = TaskLaunch()
        launch.task = TaskID(high: 1, low: 2)
        launch.name = "web.1"
        launch.hostname = "web-1"
        launch.secretsDirectory = "/r/secrets"
        var container = ContainerSpec()
        container.image = "centos"
        container.labels = ["tier": "front"]
        launch.spec.container = container
        var program = ProgramSpec()
        change(&launch, &program)
        launch.spec.program = program
        return ContainerPlan(launch: launch, limits: EngineLimits(parsing: ""), node: "/state").body()
    }

    @Test func `secrets are bound as a directory, read-only, and bounds are always named`() {
        let body = plan { _, _ in }
        let host = body["HostConfig"]
        #expect(host?["Mounts"]?.array?.first?["Source"] == "/r/secrets")
        #expect(host?["Mounts"]?.array?.first?["Target"] == "/run/secrets")
        #expect(host?["Mounts"]?.array?.first?["ReadOnly"] == true)
        #expect(host?["Ulimits"]?.array?.count == 2)
        #expect(host?["NetworkMode"] == "bridge")
        #expect(host?["RestartPolicy"]?["Name"] == "no")
        #expect(body["Labels"]?["tier"] == "front")
        #expect(body["Labels"]?["conclave.node"] == "/state")
        #expect(body["Image"] == "centos:latest")
        #expect(body["Entrypoint"] == nil && body["Cmd"] == nil && body["User"] == nil)
    }

    @Test func `what a program's spec says is said to the engine`() {
        let body = plan { launch, program in
            program.command = ["/bin/sh"]
            program.arguments = ["-c", "true"]
            program.terminal = true
            program.openInput = true
            program.readOnly = true
            program.usesInit = true
            program.user = "app"
            program.groups = ["audio"]
            program.directory = "/srv"
            program.stopSignal = "INT"
            program.hosts = ["10.0.0.1 db"]
            program.capabilitiesAdded = ["CAP_NET_ADMIN"]
            program.capabilitiesDropped = ["ALL"]
            launch.limits = TaskLimits(memoryBytes: 1 << 26, processes: 20, nanoCPUs: 500_000_000)
            var mount = Mount()
            mount.type = .tmpfs
            mount.target = "/cache"
            program.mounts = [mount]
            for name in ["front", "back"] {
                var network = NetworkAttachment()
                network.network = name
                network.aliases = ["web"]
                launch.spec.networks.append(network)
            }
        }
        let host = body["HostConfig"]
        #expect(body["Entrypoint"] == ["/bin/sh"] && body["Cmd"] == ["-c", "true"])
        #expect(body["Tty"] == true && body["OpenStdin"] == true)
        #expect(body["User"] == "app" && body["WorkingDir"] == "/srv" && body["StopSignal"] == "INT")
        #expect(host?["ReadonlyRootfs"] == true && host?["Init"] == true && host?["GroupAdd"] == ["audio"])
        #expect(host?["ExtraHosts"] == ["db:10.0.0.1"])
        #expect(host?["CapAdd"] == ["CAP_NET_ADMIN"] && host?["CapDrop"] == ["ALL"])
        #expect(host?["Memory"] == 67_108_864 && host?["MemorySwap"] == 67_108_864)
        #expect(host?["PidsLimit"] == 20 && host?["NanoCpus"] == 500_000_000)
        #expect(host?["Mounts"]?.array?.first?["TmpfsOptions"]?["Mode"] == 1023)
        #expect(host?["NetworkMode"] == "front")
        #expect(body["NetworkingConfig"]?["EndpointsConfig"]?["front"]?["Aliases"] == ["web"])
    }

    @Test func `absolute targets are links into the directories that are bound`() {
        var launch = TaskLaunch()
        var program = ProgramSpec()
        for name in ["/etc/app.conf", "app", "/run/configs/x"] {
            var config = ConfigReference()
            var target = FileTarget()
            target.name = name
            config.target = target
            program.configs.append(config)
        }
        launch.spec.program = program
        let links = ContainerPlan(launch: launch, limits: EngineLimits(parsing: ""), node: "").links
        #expect(links.map(\.path) == ["/etc/app.conf"])
        #expect(links.map(\.target) == ["/run/configs/.root/etc/app.conf"])
    }
}

extension Result {
    fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

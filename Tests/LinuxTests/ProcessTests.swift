import Bytes
import Glibc
import Linux
import Seams
import Testing

@Suite(.serialized) struct ProcessTests {
    /// Runs a script with its output in a pipe, and returns that.
    private func output(_ loop: Loop, _ script: String, _ change: (inout SpawnRequest) -> Void = { _ in }) throws
        -> String
    {
        let pipe = try loop.openPipe()
        let process = try loop.shell(script) {
            $0.descriptors = [(child: 1, ours: pipe.write), (child: 2, ours: pipe.write)]
            change(&$0)
        }
        loop.closeDescriptor(pipe.write)
        let recorder = Recorder()
        try loop.stream(pipe.read).start(recorder)
        #expect(loop.end(of: process) != nil)
        #expect(loop.run { recorder.reason != nil })
        return recorder.text
    }

    @Test func `a child has the descriptors it was given, by its own numbers, and no other`() throws {
        let loop = Loop()
        let first = try loop.openPipe()
        let second = try loop.openPipe()
        defer { for each in [first.read, first.write, second.read, second.write] { loop.closeDescriptor(each) } }
        // Crossed on purpose: each wants the number that the other one has here.
        let found = try output(
            loop, "readlink /proc/self/fd/\(first.read) /proc/self/fd/\(second.read); ls /proc/$$/fd"
        ) {
            $0.descriptors += [(child: first.read, ours: second.read), (child: second.read, ours: first.read)]
        }
        let lines = found.split(separator: "\n").map(String.init)
        #expect(lines.first == target(of: second.read))
        #expect(lines.dropFirst().first == target(of: first.read))
        let expected = [0, 1, 2, first.read, second.read].map(String.init).sorted()
        #expect(lines.dropFirst(2).sorted() == expected)
    }

    @Test func `a child's signals are at their defaults and unblocked, also those we handle`() throws {
        let loop = Loop()
        let listening = try loop.onSignal(SIGUSR1) {}
        let found = try output(loop, "exec cat /proc/self/status")
        listening.cancel()
        var seen = 0
        for line in found.split(separator: "\n") {
            let parts = line.split(whereSeparator: \.isWhitespace)
            guard ["SigBlk:", "SigIgn:", "SigCgt:"].contains(parts[0]) else { continue }
            seen += 1
            // 32 and 33 are the C library's own and not ours to change.
            #expect(UInt64(parts[1], radix: 16)! & ~(3 << 31) == 0, "\(line)")
        }
        #expect(seen == 3)
    }

    @Test func `a process is adopted by its number and start, and not when that number is another's`() throws {
        let loop = Loop()
        let process = try loop.shell("exec sleep 600")
        #expect(throws: SystemError.self) { try loop.adopt(pid: process.pid, startTime: process.startTime + 1) }
        let same = try loop.adopt(pid: process.pid, startTime: process.startTime)
        #expect(same.startTime == process.startTime)
        var status: Seams.ExitStatus?
        same.onExit { status = $0 }
        #expect(try same.signal(SIGKILL))
        #expect(loop.end(of: process) != nil)
        #expect(loop.run { status != nil })
        #expect(try !process.signal(SIGKILL))
        #expect(throws: SystemError.self) { try loop.adopt(pid: process.pid, startTime: process.startTime) }
    }

    @Test func `a process that is not our child ends as unknown`() throws {
        let loop = Loop()
        let pipe = try loop.openPipe()
        let recorder = Recorder()
        let stream = try loop.stream(pipe.read)
        stream.start(recorder)
        // The child in the middle ends; its own is adopted by someone else.
        let middle = try loop.shell("sleep 600 >/dev/null & echo $!") {
            $0.descriptors = [(child: 1, ours: pipe.write)]
        }
        loop.closeDescriptor(pipe.write)
        #expect(loop.end(of: middle) == .exited(0))
        #expect(loop.run { recorder.reason != nil })
        let pid = try #require(Int32(recorder.text.dropLast()))
        let process = try loop.adopt(pid: pid, startTime: nil)
        try process.signal(SIGKILL)
        #expect(loop.end(of: process) == .unknown)
    }

    @Test func `starting many programs leaves no descriptor behind`() throws {
        let loop = Loop()
        #expect(loop.end(of: try loop.shell("true")) == .exited(0))
        let before = openDescriptors("pidfd")
        for _ in 0..<40 {
            #expect(loop.end(of: try loop.shell("true")) == .exited(0))
            #expect(throws: SystemError.self) {
                try loop.spawn(SpawnRequest(program: "/nowhere", arguments: ["x"], environment: []))
            }
        }
        // Other tests of this process have descriptors too; a leak in each round shows above that.
        #expect(openDescriptors("pidfd") < before + 30)
    }

    @Test func `a signal reaches its handler until that is cancelled`() throws {
        let loop = Loop()
        var count = 0
        let listening = try loop.onSignal(SIGUSR2) { count += 1 }
        kill(getpid(), SIGUSR2)
        #expect(loop.run { count == 1 })
        // Another listener keeps the signal's own effect away.
        var other = 0
        let second = try loop.onSignal(SIGUSR2) { other += 1 }
        listening.cancel()
        kill(getpid(), SIGUSR2)
        #expect(loop.run { other == 1 } && count == 1)
        second.cancel()
        #expect(throws: SystemError.self) { try loop.onSignal(SIGKILL) {} }
    }
}

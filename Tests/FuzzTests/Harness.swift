import Bytes
import Glibc

/// The ends of libFuzzer that are ours. It finds them by name in the program that `Tools/fuzz` links; the tests have
/// them too and never call them.
///
/// The environment says what to do, since libFuzzer starts itself anew with arguments of its own: `CONCLAVE_FUZZ` is
/// the target's name; `CONCLAVE_FUZZ_SEEDS` a folder to write every target's seeds to; without either it lists them.
enum Harness {
    static let target: FuzzTarget = {
        guard let target = FuzzTarget.all.first(where: { $0.name == variable("CONCLAVE_FUZZ") }) else {
            print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
            exit(0)
        }
        return target
    }()

    static func variable(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

    /// Each seed in a file of its own, `<folder>/<target>/seed-<number>`.
    static func writeSeeds(_ folder: String) {
        for target in FuzzTarget.all {
            _ = unsafe mkdir("\(folder)/\(target.name)", 0o755)
            for (number, seed) in target.seeds().enumerated() {
                guard let file = unsafe fopen("\(folder)/\(target.name)/seed-\(number)", "w") else { continue }
                unsafe seed.withUnsafeBytes { _ = unsafe fwrite($0.baseAddress, 1, $0.count, file) }
                unsafe fclose(file)
            }
        }
    }
}

@_cdecl("LLVMFuzzerInitialize")
func initialize(_ count: UnsafeMutableRawPointer, _ arguments: UnsafeMutableRawPointer) -> Int32 {
    if let folder = Harness.variable("CONCLAVE_FUZZ_SEEDS") {
        Harness.writeSeeds(folder)
        exit(0)
    }
    print("\(Harness.target.name): each input stands for \(Harness.target.variants + 1)")
    return 0
}

/// Called by `Oracle.cpp` before anything else.
@_cdecl("conclaveFuzzUse")
func use(_ describe: Oracle.Describe, _ compare: Oracle.Compare) {
    unsafe Oracle.entries = (describe, compare)
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> Int32 {
    do throws(Broken) {
        try unsafe Harness.target.runAll(UnsafeRawBufferPointer(start: start, count: count))
    } catch {
        fatalError("\(Harness.target.name): \(error)")
    }
    return 0
}

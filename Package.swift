// swift-tools-version: 6.3
import PackageDescription

/// What every module of ours is compiled with: the strictest the language has, and no warning survives.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A module of `Sources`, with the arrows that leave it. `Tools/arrows` holds these against `Sources/README.md`
/// and against the imports.
func module(_ name: String, _ arrows: String...) -> Target {
    .target(name: name, dependencies: arrows.map { .init(stringLiteral: $0) }, swiftSettings: strict)
}

/// The tests of one module; `arrows` are what they need beside it.
func tests(_ name: String, _ arrows: String...) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: arrows.map { .init(stringLiteral: $0) },
        exclude: data[name] ?? [], swiftSettings: strict)
}

/// What lies beside the tests and is not Swift.
let data = [
    "Raft": ["Transcripts"], "Compose": ["Stacks"], "WireTools": ["Golden", "Captures"],
    "Fuzz": ["Cases", "Oracle", "README.md"],
]

func program(_ name: String, _ arrows: String..., path: String? = nil) -> Target {
    .executableTarget(
        name: name, dependencies: arrows.map { .init(stringLiteral: $0) }, path: path, swiftSettings: strict)
}

/// A library of Debian's, imported by the one module that owns it.
func library(_ name: String, pkgConfig: String, debian: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debian])])
}

let package = Package(
    name: "conclave",
    products: [
        .executable(name: "conclave", targets: ["conclave"]),
        .executable(name: "conclaved", targets: ["conclaved"]),
        // For clients, and for programs beside this package: the messages and their codec.
        .library(name: "ConclaveMessages", targets: ["Raft", "Model", "Wire", "Bytes"]),
    ],
    targets: [
        library("CSodium", pkgConfig: "libsodium", debian: "libsodium-dev"),
        library("CLZ4", pkgConfig: "liblz4", debian: "liblz4-dev"),
        library("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
        library("CUV", pkgConfig: "libuv", debian: "libuv1-dev"),
        library("CYAML", pkgConfig: "yaml-0.1", debian: "libyaml-dev"),
        .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),

        module("Bytes"),
        module("Wire", "Bytes"),
        module("Primitives", "Bytes", "CSodium"),
        module("Compression", "Bytes", "CLZ4", "CZlib"),
        module("Model", "Wire", "Bytes"),
        module("Text", "Bytes"),
        module("Noise", "Primitives", "Bytes"),
        module("Identity", "Noise", "Model", "Primitives", "Wire", "Bytes"),
        module("Sealing", "Noise", "Primitives", "Model", "Wire", "Bytes"),
        module("Link", "Identity", "Noise", "Model", "Primitives", "Wire", "Bytes"),
        module("Raft", "Model", "Wire", "Bytes"),
        module("Segments", "Model", "Primitives", "Compression", "Wire", "Bytes"),
        module("Store", "Model", "Text", "Wire", "Bytes"),
        module("Planning", "Store", "Model", "Wire", "Bytes"),
        module("Dispatching", "Store", "Model", "Wire", "Bytes"),
        module("Worker", "Model", "Wire", "Bytes"),
        module("ClientAPI", "Store", "Model", "Wire", "Bytes"),
        module("Logging", "Bytes"),
        module("CommandLine"),
        module("Seams", "Model", "Primitives", "Wire", "Bytes"),
        module(
            "Drivers", "Seams", "Link", "Identity", "Sealing", "Noise", "Raft", "Segments", "Store", "Planning",
            "Dispatching", "Worker", "ClientAPI", "Logging", "Model", "Primitives", "Compression", "Wire", "Bytes"),
        module("Linux", "Seams", "Model", "Primitives", "Wire", "Bytes", "CUV", "CLinux"),
        module("Disks", "Segments", "Bytes"),
        module(
            "Simulator", "Disks", "Drivers", "Link", "Raft", "Segments", "Store", "Dispatching", "Worker", "Logging",
            "Seams",
            "Primitives", "Model", "Wire", "Bytes"),
        .target(
            name: "Runners", dependencies: ["Seams", "Text", "Model", "Wire", "Bytes"], exclude: ["Helper"],
            swiftSettings: strict, plugins: ["EmbedHelper"]),
        .plugin(name: "EmbedHelper", capability: .buildTool(), path: "Tools/Plugins/EmbedHelper"),
        module("Compose", "Model", "Text", "Wire", "Bytes", "CYAML"),
        program(
            "conclaved", "Drivers", "Linux", "Runners", "CommandLine", "Logging", "Seams", "Model", "Wire", "Bytes"),
        program(
            "conclave", "Link", "Linux", "CommandLine", "Text", "Compose", "Seams", "Model", "Wire", "Bytes"),

        program("arrows", path: "Tools/Programs/arrows"),
        program(
            "wire", "WireTools", "CommandLine", "Model", "Wire", "Bytes", path: "Tools/Programs/wire"),
        .target(
            name: "WireTools",
            dependencies: [
                "Link", "Identity", "Noise", "Sealing", "Raft", "Segments", "Store", "Model", "Wire", "Bytes",
            ],
            path: "Tools/Library/WireTools", swiftSettings: strict),
        .target(name: "NetworkHosts", path: "Tools/Library/NetworkHosts", swiftSettings: strict),
        program(
            "bench", "NetworkHosts", "Runners", "Linux", "Link", "Raft", "Planning", "Store", "Text", "Seams", "Model",
            "Wire", "Bytes", path: "Tools/Programs/bench"),
        program(
            "simulate", "Simulator", "Drivers", "Raft", "Seams", "Model", "Wire", "Bytes",
            path: "Tools/Programs/simulate"),

        .target(
            name: "Conformance", dependencies: ["Wire", "Bytes"], path: "Tests/Conformance", swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Model", "Bytes"], path: "Tests/TestSupport", swiftSettings: strict),
        program("conformance-testee", "Conformance", "Wire", "Bytes", path: "Tests/conformance-testee"),

        tests("Bytes", "Bytes"),
        tests("Wire", "TestSupport", "Conformance", "conformance-testee", "Wire", "Model", "Bytes"),
        tests("Primitives", "TestSupport", "Primitives", "Bytes"),
        tests("Compression", "Compression", "Bytes"),
        tests("Model", "TestSupport", "WireTools", "Model", "Wire", "Bytes"),
        tests("WireTools", "TestSupport", "WireTools", "Model", "Wire", "Bytes"),
        tests("Noise", "TestSupport", "Noise", "Primitives", "Bytes"),
        tests("Identity", "Identity", "Noise", "Model", "Primitives", "Wire", "Bytes"),
        tests("Sealing", "Sealing", "Noise", "Primitives", "Model", "Wire", "Bytes"),
        tests("Link", "TestSupport", "Link", "Identity", "Noise", "Model", "Primitives", "Wire", "Bytes"),
        tests("Raft", "TestSupport", "Raft", "Model", "Wire", "Bytes"),
        tests("Segments", "Segments", "Disks", "Model", "Primitives", "Compression", "Wire", "Bytes"),
        tests("Store", "TestSupport", "Store", "Model", "Wire", "Bytes"),
        tests("Planning", "Planning", "Store", "Model", "Wire", "Bytes"),
        tests("Dispatching", "Dispatching", "Store", "Model", "Wire", "Bytes"),
        tests("Worker", "Worker", "Model", "Wire", "Bytes"),
        tests("ClientAPI", "ClientAPI", "Store", "Model", "Wire", "Bytes"),
        tests("Text", "Text", "Bytes"),
        tests("Logging", "Logging", "Bytes"),
        tests("CommandLine", "CommandLine"),
        tests("Compose", "TestSupport", "Compose", "WireTools", "Model", "Wire", "Bytes"),
        tests("conclave", "conclave", "CommandLine", "Text", "Model", "Wire", "Bytes"),
        tests("conclaved", "conclaved", "CommandLine"),
        tests("Linux", "TestSupport", "Linux", "Seams", "Model", "Wire", "Bytes"),
        tests("Runners", "TestSupport", "Runners", "Linux", "Seams", "Text", "Primitives", "Model", "Wire", "Bytes"),
        tests(
            "Drivers", "TestSupport", "Drivers", "Simulator", "Worker", "Linux", "Runners", "Link", "Identity",
            "Sealing", "Segments", "Store", "Primitives", "Logging", "Seams", "Model", "Wire", "Bytes"),
        tests(
            "Simulation", "TestSupport", "Simulator", "Disks", "Drivers", "Raft", "Segments", "Store", "Planning",
            "Dispatching", "Worker", "Primitives", "Compression", "Seams", "Model", "Wire", "Bytes"),
        tests(
            "Fuzz", "TestSupport", "Conformance", "Disks", "Link", "Identity", "Sealing", "Noise", "Raft",
            "Segments", "Store", "Compose", "Text", "Primitives", "Compression", "Model", "Wire", "Bytes"),
        tests(
            "Integration", "TestSupport", "NetworkHosts", "WireTools", "Drivers", "Link", "Identity", "Sealing",
            "Primitives", "Linux", "Text", "Seams", "Model", "Wire", "Bytes"),
    ]
)

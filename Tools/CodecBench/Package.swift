// swift-tools-version: 6.3
import PackageDescription

/// Our codec beside libprotobuf's C++. A package of its own, so that nothing else needs libprotobuf; `Tools/bench codec`
/// builds it, with what protoc makes of `proto/` in the scratch folder.
let package = Package(
    name: "codec-bench",
    dependencies: [.package(name: "conclave", path: "../..")],
    targets: [
        .target(
            name: "CProtobuf", path: "CProtobuf", cxxSettings: [.define("NDEBUG")],
            linkerSettings: [.linkedLibrary("protobuf")]),
        .executableTarget(
            name: "codec-bench",
            dependencies: ["CProtobuf", .product(name: "ConclaveMessages", package: "conclave")],
            path: "Sources",
            swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety(), .treatAllWarnings(as: .error)]),
    ],
    cxxLanguageStandard: .cxx17
)

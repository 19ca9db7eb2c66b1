// swift-tools-version:6.2
import PackageDescription

let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]
    // The continuous integration takes no warning; who builds with a newer compiler than ours is not stopped by one.
    + (Context.environment["QUAI_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)])

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioExtras = Target.Dependency.product(name: "NIOExtras", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioHTTPTypesHTTP1 = Target.Dependency.product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioWebSocket = Target.Dependency.product(name: "NIOWebSocket", package: "swift-nio")

let package = Package(
    name: "quai",
    products: [
        .executable(name: "edge-agent", targets: ["EdgeAgent"]),
        .executable(name: "edge-ingest", targets: ["IngestServer"]),
        .executable(name: "edge-sim", targets: ["EdgeSim"]),
        .executable(name: "quai-bench", targets: ["Bench"]),
        // For whoever makes readers: the drivers alone, values without I/O (docs/how-to/add-a-reader.md).
        .library(name: "Drivers", targets: ["Drivers", "Model"]),
        .library(name: "quai-faulty-host", type: .dynamic, targets: ["FaultyHost"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // BoringSSL, built in: the pages' TLS. The agent has libssl, as its broker's library does.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        // C libraries, from Debian's packages.
        .systemLibrary(
            name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CPostgreSQL", path: "Sources/CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CSerialPort", path: "Sources/CSerialPort", pkgConfig: "libserialport",
            providers: [.apt(["libserialport-dev"])]),
        .systemLibrary(
            name: "CMosquitto", path: "Sources/CMosquitto", pkgConfig: "libmosquitto",
            providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "CZstd", path: "Sources/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(
            name: "CCrypto", path: "Sources/CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CLibUSB", path: "Sources/CLibUSB", pkgConfig: "libusb-1.0", providers: [.apt(["libusb-1.0-0-dev"])]),
        .systemLibrary(
            name: "CPCSC", path: "Sources/CPCSC", pkgConfig: "libpcsclite", providers: [.apt(["libpcsclite-dev"])]),
        .systemLibrary(
            name: "CExpat", path: "Sources/CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CTLS", path: "Sources/CTLS", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CArgon2", path: "Sources/CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CPlatform", path: "Sources/CPlatform"),
        .target(name: "CToml", path: "Sources/CToml"),
        .target(name: "CCertificates", dependencies: ["CCrypto"], path: "Sources/CCertificates"),
        .target(
            name: "CPhoneNumber", path: "Sources/CPhoneNumber",
            linkerSettings: [.linkedLibrary("phonenumber")]),

        // Shared by both ends.
        .target(name: "Model", dependencies: ["CCrypto"], swiftSettings: strict),
        .target(name: "Platform", dependencies: ["Model", "CPlatform", "CZstd", logging], swiftSettings: strict),
        .target(name: "SQLite", dependencies: ["CSQLite"], swiftSettings: strict),
        .target(name: "Broker", dependencies: ["Model", "Platform", "CMosquitto"], swiftSettings: strict),
        .target(name: "Identifiers", dependencies: ["Model"], swiftSettings: strict),
        .target(name: "Settings", dependencies: ["CToml"], swiftSettings: strict),
        .target(name: "Certificates", dependencies: ["CCertificates"], swiftSettings: strict),

        // The agent.
        .target(name: "Drivers", dependencies: ["Model", "CCrypto", "CExpat"], swiftSettings: strict),
        .target(
            name: "Ports",
            dependencies: [
                "Model", "Drivers", "Platform", "CSerialPort", "CLibUSB", "CPCSC", "CTLS", "CPlatform",
            ], swiftSettings: strict),
        .target(name: "Uplink", dependencies: ["Model", "SQLite", "Platform", "CZstd"], swiftSettings: strict),
        .executableTarget(
            name: "EdgeAgent",
            dependencies: [
                "Model", "Drivers", "Ports", "Uplink", "Broker", "Settings", "SQLite", "Platform", "Certificates",
                argumentParser, lifecycle, logging, unixSignals,
            ],
            swiftSettings: strict),

        // The centre.
        .target(name: "PostgreSQL", dependencies: ["CPostgreSQL", "SQLite"], swiftSettings: strict),
        .target(
            name: "Depot",
            dependencies: [
                "Model", "Identifiers", "PostgreSQL", "SQLite", "CArgon2", "CCrypto", "CExpat", "CPhoneNumber", "CZlib",
                "CZstd",
            ],
            swiftSettings: strict),
        .systemLibrary(
            name: "CXlsxWriter", path: "Sources/CXlsxWriter", providers: [.apt(["libxlsxwriter-dev"])]),
        .systemLibrary(name: "CHaru", path: "Sources/CHaru", providers: [.apt(["libhpdf-dev"])]),
        .target(name: "Sheets", dependencies: ["CHaru", "CXlsxWriter", "Model"], swiftSettings: strict),
        .target(name: "ERP", dependencies: ["Model"], swiftSettings: strict),
        .target(name: "Curl", dependencies: ["CCurl", "ERP", "Model", "Platform"], swiftSettings: strict),
        // Who reads the ledger: pages, the ERP's queue.
        .target(name: "Followers", dependencies: ["CCrypto", "Depot", "Model"], swiftSettings: strict),
        .executableTarget(
            name: "IngestServer",
            dependencies: [
                "Model", "Identifiers", "Depot", "Followers", "Broker", "ERP", "Sheets", "Curl", "Settings", "SQLite",
                "Platform", "Certificates", "CZlib",
                argumentParser, lifecycle, logging, hummingbird, hummingbirdCore, nioCore, nioExtras, nioPosix,
                nioHTTP1, nioWebSocket,
                nioHTTPTypes, nioHTTPTypesHTTP1, nioSSL, nioTLS, httpTypes, unixSignals,
            ],
            resources: [.copy("Web")],
            swiftSettings: strict),

        // The simulator.
        .target(
            name: "Devices", dependencies: ["Model", "Drivers"], path: "simulators/Devices", swiftSettings: strict),
        .target(
            name: "Rig", dependencies: ["Model", "Drivers", "Devices", "Identifiers", "Platform"],
            path: "simulators/Rig",
            swiftSettings: strict),
        // The servers' side of the ERP connectors, with their rules of state.
        .target(
            name: "ERPPeers", dependencies: ["ERP", "Model", "Platform", "Rig"], path: "simulators/ERP",
            swiftSettings: strict),
        // What a broker honours.
        .target(
            name: "BrokerTrial", dependencies: ["Broker", "CMosquitto", "Model", "Platform"],
            path: "simulators/BrokerTrial", swiftSettings: strict),
        .executableTarget(
            name: "EdgeSim",
            dependencies: [
                "Broker", "BrokerTrial", "Model", "Drivers", "Devices", "ERP", "ERPPeers", "Rig", "Scale", "SQLite",
                "Platform", argumentParser,
            ],
            path: "simulators/EdgeSim", swiftSettings: strict),

        .executableTarget(
            name: "Bench",
            dependencies: [
                "Broker", "CEpoll", "Model", "Devices", "Drivers", "ERP", "ERPPeers", "Identifiers", "Depot",
                "Platform", "Rig", "SQLite", "Uplink", argumentParser,
            ], path: "bench/Bench",
            swiftSettings: strict),
        // Thousands of sockets in one process; the C library's module for Swift leaves it out.
        .systemLibrary(name: "CEpoll", path: "bench/CEpoll"),
        // What the C libraries do alone, for the benchmarks' ratios.
        .executableTarget(
            name: "quai-yardstick", dependencies: ["CSQLite", "CPostgreSQL", "CMosquitto", "CZstd"],
            path: "bench/Yardstick"),

        // Everything between an accepted scan and its effect, under one virtual clock and one seed.
        .target(name: "FaultyDisk", dependencies: ["CSQLite"], path: "simulators/Disk"),
        // For real processes: preloaded, it makes their clock wrong and their disk bad.
        .target(name: "FaultyHost", path: "simulators/Host"),
        .target(
            name: "World",
            dependencies: ["CSQLite", "FaultyDisk", "Depot", "Model", "PostgreSQL", "SQLite", "Uplink"],
            path: "simulators/World",
            swiftSettings: strict),
        // Stations and queues: a country of depots by the times that were measured.
        .target(name: "Scale", dependencies: ["Model", "World"], path: "simulators/Scale", swiftSettings: strict),
        .executableTarget(
            name: "Simulate", dependencies: ["Model", "World", "Platform", argumentParser], path: "simulators/Simulate",
            swiftSettings: strict),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["FaultyDisk", "Model"], path: "Tests/Support", swiftSettings: strict),
        .target(
            name: "StoreSupport", dependencies: ["Depot", "PostgreSQL", "SQLite", "TestSupport"],
            path: "Tests/StoreSupport",
            swiftSettings: strict),
        .testTarget(
            name: "PostgreSQLTests",
            dependencies: [
                "Depot", "FaultyDisk", "Model", "PostgreSQL", "SQLite", "StoreSupport", "TestSupport", "World",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "DriversTests", dependencies: ["Drivers", "Devices", "Model", "TestSupport"],
            exclude: ["Captures", "Transcripts", "Vectors", "vectors.txt"], swiftSettings: strict),
        .testTarget(name: "ModelTests", dependencies: ["Model", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "UplinkTests",
            dependencies: [
                "FaultyDisk", "Uplink", "Depot", "Model", "Platform", "Scale", "SQLite", "TestSupport", "World",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EdgeAgentTests",
            dependencies: [
                "EdgeAgent", "Devices", "Drivers", "FaultyDisk", "Model", "Platform", "Ports", "Settings", "SQLite",
                "TestSupport", "Uplink", logging,
            ], swiftSettings: strict),
        .testTarget(
            name: "DepotTests",
            dependencies: ["FaultyDisk", "Depot", "Identifiers", "Model", "SQLite", "StoreSupport", "TestSupport"],
            exclude: ["OpenID", "Passkeys", "Releases", "phone-numbers.tsv", "phone-written.tsv"], swiftSettings: strict
        ),
        .testTarget(
            name: "FollowersTests",
            dependencies: ["Depot", "Followers", "Identifiers", "Model", "SQLite", "StoreSupport", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "ERPTests", dependencies: ["ERP", "ERPPeers", "Model", "TestSupport", "Curl"],
            exclude: ["Recordings", "Tryton"],
            swiftSettings: strict),
        .testTarget(
            name: "SheetsTests", dependencies: ["Model", "Sheets", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "LinkageTests", dependencies: ["EdgeAgent", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "CertificatesTests", dependencies: ["Certificates", "Platform", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Model", "Identifiers", "Devices", "Drivers", "ERP", "ERPPeers", "Rig", "Platform", "SQLite", "Broker",
                "BrokerTrial", "TestSupport", "StoreSupport", "Depot", "Sheets", "Certificates",
                "EdgeAgent", "IngestServer", "EdgeSim", httpTypes, nioCore,
            ],
            swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)

// Built by fuzz/run alone: libFuzzer brings the program's entry point.
if Context.environment["QUAI_FUZZ_BUILD"] != nil {
    package.products.append(.executable(name: "quai-fuzz", targets: ["Fuzz"]))
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["Depot", "Drivers", "Identifiers", "Model"], path: "fuzz/Fuzz",
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}

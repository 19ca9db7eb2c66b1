import Foundation
import TestSupport
import Testing

/// What the agent carries, and what the units allow.
struct LinkageTests {
    static func run(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test func theAgentCarriesNoFullFoundation() throws {
        let agent = Fixture.root + "/.build/debug/edge-agent"
        let libraries = try LinkageTests.run("ldd", [agent]).output
        #expect(libraries.contains("libswiftCore"))
        #expect(!libraries.contains("libFoundation.so"))
        #expect(!libraries.contains("libFoundationInternationalization"))
        #expect(!libraries.contains("libphonenumber"))
    }

    @Test func noModuleOfTheAgentImportsFoundation() throws {
        for folder in ["Model", "Drivers", "Ports", "Uplink", "Broker", "Platform", "Settings", "SQLite", "EdgeAgent"] {
            let found = try LinkageTests.run(
                "grep",
                ["-rnE", "^ *(public |internal |@testable )?import Foundation", Fixture.root + "/Sources/" + folder])
            #expect(found.output.isEmpty, "\(found.output)")
        }
    }

    @Test func inventoryStaysOutOfTheAgentAndDriversOutOfTheCentre() throws {
        func imports(_ folder: String, _ module: String) throws -> String {
            try LinkageTests.run("grep", ["-rnE", "import \(module)$", Fixture.root + "/Sources/" + folder]).output
        }
        for folder in ["Model", "Drivers", "Ports", "Uplink", "EdgeAgent"] {
            #expect(try imports(folder, "Depot").isEmpty && imports(folder, "Followers").isEmpty)
        }
        for folder in ["Depot", "Followers", "IngestServer"] { #expect(try imports(folder, "Drivers").isEmpty) }
        #expect(try imports("Depot", "Broker").isEmpty && imports("Drivers", "Ports").isEmpty)
        // Nothing points up: the depot knows nobody who follows it.
        #expect(try imports("Depot", "Followers").isEmpty)
    }

    @Test(arguments: [("edge-agent", 2.0), ("edge-ingest", 1.5)])
    func aUnitIsHardened(unit: String, limit: Double) throws {
        let path = Fixture.root + "/systemd/\(unit).service"
        let report = try LinkageTests.run("systemd-analyze", ["security", "--offline=true", "--no-pager", path])
        let line = try #require(report.output.split(separator: "\n").last { $0.contains("Overall exposure") })
        let number = try #require(line.split(separator: " ").compactMap { Double($0) }.first)
        #expect(number <= limit, "\(line)")
        // `verify` wants the program to be there: the same unit with one that is.
        let folder = TemporaryFolder()
        let text = try String(contentsOfFile: path, encoding: .utf8).replacingOccurrences(
            of: "/usr/bin/\(unit)", with: "/bin/true")
        try text.write(toFile: "\(folder.path)/\(unit).service", atomically: true, encoding: .utf8)
        let verified = try LinkageTests.run("systemd-analyze", ["verify", "\(folder.path)/\(unit).service"])
        #expect(verified.code == 0 && verified.output.isEmpty, "\(verified.output)")
    }
}

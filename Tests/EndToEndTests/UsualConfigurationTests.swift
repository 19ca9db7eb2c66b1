import Platform
import Rig
import TestSupport
import Testing

/// `check` as the packages tell it: without naming a file.
struct UsualConfigurationTests {
    /// What a program prints, with its configuration in a folder of the test.
    private func check(_ program: String, in folder: String) throws -> (code: Int32, output: String) {
        let log = "\(folder)/\(program).log"
        let child = try ChildProcess(
            "\(RoadTests.binaries)/\(program)", ["check"], log: log, environment: ["CONFIGURATION_DIRECTORY": folder])
        let code = child.wait()
        return (code, String(decoding: try Files.read(log), as: UTF8.self))
    }

    @Test func bothProgramsReadThePackagedFileAndNameIt() throws {
        let folder = TemporaryFolder("usual")
        for (program, name) in [("edge-ingest", "ingest"), ("edge-agent", "agent")] {
            let without = try check(program, in: folder.path)
            #expect(without.output.contains("no file is read: there is no \(folder.path)/\(name).toml"))
            try Files.write(Array("version = 1\nsurprise = 1\n".utf8), to: "\(folder.path)/\(name).toml")
            let wrong = try check(program, in: folder.path)
            #expect(wrong.code == 2 && wrong.output.contains("\(folder.path)/\(name).toml:2:1"))
            try Files.write(Array("version = 1\n".utf8), to: "\(folder.path)/\(name).toml")
            try Files.makeFolder("\(folder.path)/\(name).d")
            try Files.write(Array("log-level = \"debug\"\n".utf8), to: "\(folder.path)/\(name).d/10-log.toml")
            let right = try check(program, in: folder.path)
            #expect(
                right.code == 0
                    && right.output.contains("read \(folder.path)/\(name).toml, \(folder.path)/\(name).d/10-log.toml"))
        }
    }
}

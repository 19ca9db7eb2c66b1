import Glibc
import Platform
import Testing

@testable import Ports

/// A line that another program has is left alone.
struct LineHolderTests {
    private func folder() throws -> String {
        var template = Array("/tmp/quai-line-XXXXXX".utf8CString)
        return String(cString: try #require(mkdtemp(&template)))
    }

    @Test func aLockFileOfALivingProcessCounts() throws {
        let folder = try folder()
        func holder(_ text: String) throws -> String? {
            try Files.write(Array(text.utf8), to: "\(folder)/LCK..ttyTEST9", mode: 0o644)
            return LineHolder.holder(of: "/dev/ttyTEST9", folders: [folder], processes: "/nowhere")
        }
        #expect(LineHolder.holder(of: "/dev/ttyTEST9", folders: [folder], processes: "/nowhere") == nil)
        let parent = getppid()
        #expect(try holder("\(parent)\n")?.contains("process \(parent)") == true)
        #expect(try holder("       \(parent)\n")?.contains("LCK..ttyTEST9") == true)
        // Gone, our own, or no number at all.
        #expect(try holder("1999999999\n") == nil)
        #expect(try holder("\(getpid())\n") == nil)
        #expect(try holder("minicom") == nil)
    }

    @Test func aProcessThatHasItOpenCounts() throws {
        let processes = try folder()
        func pretend(_ process: Int, _ targets: [String]) {
            mkdir("\(processes)/\(process)", 0o755)
            mkdir("\(processes)/\(process)/fd", 0o755)
            for (number, target) in targets.enumerated() { symlink(target, "\(processes)/\(process)/fd/\(number)") }
        }
        pretend(77, ["/dev/null", "/dev/ttyTEST8"])
        try Files.write(Array("gpsd\n".utf8), to: "\(processes)/77/comm", mode: 0o644)
        let said = LineHolder.holder(of: "/dev/ttyTEST8", folders: [], processes: processes)
        #expect(said == "gpsd (process 77) has it open")
        #expect(LineHolder.holder(of: "/dev/ttyTEST7", folders: [], processes: processes) == nil)
        // Whoever made a pseudo-terminal holds its other end too.
        pretend(78, ["/dev/ptmx", "/dev/pts/4321"])
        #expect(LineHolder.holder(of: "/dev/pts/4321", folders: [], processes: processes) == nil)
        pretend(79, ["/dev/pts/4321"])
        #expect(LineHolder.holder(of: "/dev/pts/4321", folders: [], processes: processes)?.contains("79") == true)
    }

    @Test func ourOwnLockFileIsWrittenAndTakenAway() throws {
        let folder = try folder()
        var lock: LineLock? = LineLock(device: "/dev/ttyTEST6", folder: folder)
        #expect(lock != nil)
        let text = String(decoding: try Files.read("\(folder)/LCK..ttyTEST6"), as: UTF8.self)
        #expect(text.utf8.count == 11 && text.hasSuffix("\(getpid())\n"))
        lock = nil
        #expect(access("\(folder)/LCK..ttyTEST6", F_OK) != 0)
        #expect(LineLock(device: "/dev/ttyTEST6", folder: "/nowhere") == nil)
        #expect(LineHolder.lockNames("/dev/pts/3", "/dev/pts/3") == ["LCK..pts_3", "LCK..pts3"])
    }
}

import Glibc
import TestSupport
import Testing

@testable import Followers

/// What an exchange has put away is not kept for ever.
struct ExchangeSweepTests {
    private let folder = TemporaryFolder()
    private static let day: Int64 = 86_400_000
    private var sweep: ExchangeSweep { ExchangeSweep(folder: "\(folder.path)/done", life: 90 * ExchangeSweepTests.day) }

    /// Files are as old as the test: time passes for the sweep.
    private func later(_ days: Int64) -> Int64 { Int64(time(nil)) * 1000 + days * ExchangeSweepTests.day }

    private func names() throws -> [String] { try FolderFiles().list("\(folder.path)/done").keys.sorted() }

    @Test func whatLayThereLongEnoughIsRemovedAndNothingElse() throws {
        mkdir("\(folder.path)/done", 0o700)
        for name in ["a.csv", "a.csv.report.csv", ".quai-exchange"] {
            try FolderFiles().write([65], to: "\(folder.path)/done/\(name)")
        }
        mkdir("\(folder.path)/done/kept", 0o700)
        symlink("a.csv", "\(folder.path)/done/link")
        // Its content is a year old; it came a moment ago.
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        utimensat(AT_FDCWD, "\(folder.path)/done/a.csv", &times, 0)
        #expect(sweep.pass(at: later(89)) == 0)
        #expect(sweep.pass(at: later(91)) == 2)
        #expect(try names() == [".quai-exchange", "kept", "link"])
    }

    @Test func manyAreRemovedInPortions() throws {
        mkdir("\(folder.path)/done", 0o700)
        for number in 0..<(ExchangeSweep.portion + 3) {
            let path = "\(folder.path)/done/\(number).csv"
            let file = open(path, O_WRONLY | O_CREAT, 0o600)
            close(file)
        }
        #expect(sweep.pass(at: later(91)) == ExchangeSweep.portion)
        #expect(sweep.pass(at: later(91)) == 3)
        #expect(try names().isEmpty)
    }

    @Test func aFolderThatIsNotThereIsEmpty() { #expect(sweep.pass(at: later(91)) == 0) }
}

import Drivers
import Glibc
import Identifiers
import Model

/// One program for every entry point that takes bytes from outside; QUAI_FUZZ names which.
///
/// A finding becomes a transcript in Tests/DriversTests/Transcripts or a test beside the parser, then its fix.
enum Target {
    static let names =
        Driver.catalog.map(\.name) + ["epc", "gs1", "cbor", "json", "transcript", "report-descriptor"]
        + CentreTarget.allCases.map(\.rawValue)

    static let name = getenv("QUAI_FUZZ").map { String(cString: $0) } ?? "llrp"
    static let driver = Driver.named(name)

    static func run(_ bytes: [UInt8]) {
        if let driver { return converse(driver, bytes) }
        if let centre = CentreTarget(rawValue: name) { return centre.run(bytes) }
        switch name {
        case "epc": _ = try? EPC(bytes)
        case "gs1":
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? ElementString(text)
            _ = ScannedCode(text)
        case "cbor":
            if let frame = try? Frame(decoding: bytes) {
                // What was taken apart goes together again.
                precondition((try? Frame(decoding: frame.encoded)) == frame)
            }
            if let item = try? CBOR(decoding: bytes) { _ = try? Row.decode(item) }
        case "json":
            if let json = try? JSON(parsing: bytes) {
                precondition((try? JSON(parsing: json.text8)) != nil)
                if let goods = ExpectedGoods(json: json) { precondition(ExpectedGoods(json: goods.json) == goods) }
            }
        case "transcript": _ = try? Transcript(String(decoding: bytes, as: UTF8.self))
        case "report-descriptor": _ = HIDPages.of(bytes)
        default: fatalError("no target \(name); there are: \(names.joined(separator: ", "))")
        }
    }

    /// The first byte says whether the port was opened and how the rest is cut; time passes between the pieces.
    private static func converse(_ driver: Driver, _ input: [UInt8]) {
        guard let first = input.first else { return }
        var session = driver.session(SessionSettings(name: "x", user: "u", secret: "s"))
        var now = Instant.milliseconds(1000)
        var total = 0
        var noise = 0
        func take(_ reaction: Reaction) {
            noise += reaction.noise
            precondition(reaction.send.count < 1 << 20)
            for observation in reaction.observations { _ = observation.json }
        }
        if first & 1 != 0 { take(session.handle(.opened, at: now)) }
        let bytes = input.dropFirst()
        let size = driver.isPacketed ? [3, 8, 64, 9][Int(first >> 1 & 3)] : max(1, Int(first >> 1))
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.endIndex)])
            total += piece.count
            take(session.handle(.bytes(piece), at: now))
            now = now + .milliseconds(40)
            if first & 0x80 != 0 { take(session.handle(.tick, at: now)) }
        }
        take(session.handle(.tick, at: now + .seconds(10)))
        take(session.handle(.closed, at: now + .seconds(11)))
        precondition(noise <= total, "more noise than bytes")
    }

    /// Seeds from the transcripts and vectors, one file each.
    static func writeCorpus(into folder: String, from tests: String) {
        var seeds = CentreTarget(rawValue: name)?.seeds ?? []
        if let driver, let text = read("\(tests)/Transcripts/\(driver.name).script"), let script = try? Transcript(text)
        {
            var whole: [UInt8] = []
            for case .fromDevice(let bytes) in script.lines {
                seeds.append([0x7F] + bytes)
                whole += bytes
            }
            seeds += [[0x7F] + whole, [0xFF] + whole, [0x03] + whole]
        }
        for line in (read("\(tests)/vectors.txt") ?? "").split(separator: "\n") {
            let words = line.split(separator: " ").prefix(3)
            guard words.count == 3, let bytes = Hex.bytes(words[2]) else { continue }
            seeds.append(driver == nil ? bytes : [0x7E] + bytes)
        }
        for (index, seed) in seeds.enumerated() {
            guard let file = fopen("\(folder)/seed-\(index)", "we") else { continue }
            fwrite(seed, 1, seed.count, file)
            fclose(file)
        }
    }

    private static func read(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { out += buffer[..<count] }
        return String(decoding: out, as: UTF8.self)
    }
}

/// libFuzzer's own loop (LLVM, FuzzerInterface.h); SwiftPM keeps the name `main` for itself.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
struct Fuzz {
    static func main() {
        if let folder = getenv("QUAI_FUZZ_CORPUS"), let tests = getenv("QUAI_FUZZ_TESTS") {
            Target.writeCorpus(into: String(cString: folder), from: String(cString: tests))
        }
        var count = CommandLine.argc
        var words = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &words) { bytes, count in
                Target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            })
    }
}

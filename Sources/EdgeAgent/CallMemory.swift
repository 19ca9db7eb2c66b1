import Drivers
import Glibc
import Model
import Platform

/// What an exchange was last heard to do, in a file of the state folder: what runs, and how many calls it had counted. After
/// a restart of the agent it says which calls ended meanwhile, which are held, and how many came and went unseen.
///
/// Written beside the pump, at most twice a second; a power cut costs the last half second. What is older than `life` is
/// forgotten. Numbers stand in it as in the buffer, withheld ones nowhere.
final class CallMemory: Sendable {
    struct Content: Sendable {
        /// When the exchange was last heard, in Unix milliseconds.
        var at: Int64
        var counted: Int?
        var calls: [CallSnapshot] = []

        /// For the session that takes over.
        var past: SessionSettings.Past { SessionSettings.Past(counted: counted, calls: calls) }
    }

    private struct Work {
        var next: [UInt8]?
        var isWriting = false
    }

    /// In milliseconds: after a week nobody asks for what was missed while the agent was off.
    static let life: Int64 = 7 * 24 * 3_600_000
    static let sizeLimit = 8 << 20

    private let path: String
    private let work = Locked(Work())

    init(path: String) { self.path = path }

    /// A former run has heard this exchange, however long ago.
    var isThere: Bool { access(path, F_OK) == 0 }

    /// Nil where there is nothing, or nothing that can be read: then nothing is known, as at a first start.
    func load(at now: Int64) -> Content? {
        guard let bytes = try? Files.read(path, limit: CallMemory.sizeLimit), let json = try? JSON(parsing: bytes),
            let at = json.bounded("at", in: Bounded.times), at <= now, now - at < CallMemory.life
        else { return nil }
        let counted = json["counted"]?.integer.flatMap { (0...Int64(1) << 48).contains($0) ? Int($0) : nil }
        let calls = (json["calls"]?.list ?? []).prefix(CallBook.limit).compactMap(CallSnapshot.init(json:))
        return Content(at: at, counted: counted, calls: calls.filter { $0.state != .ended })
    }

    func keep(_ content: Content) {
        let bytes = CallMemory.bytes(content)
        let starts = work.change { work -> Bool in
            work.next = bytes
            defer { work.isWriting = true }
            return !work.isWriting
        }
        // A slow disk must not keep the exchange waiting: it throws out whoever reads slowly.
        if starts { startThread("calls") { [self] in write() } }
    }

    private func write() {
        while let bytes = work.change({ work -> [UInt8]? in
            defer { work.next = nil }
            if work.next == nil { work.isWriting = false }
            return work.next
        }) { CallMemory.write(bytes, to: path) }
    }

    /// The last word of this run.
    func close(_ content: Content) {
        _ = work.wait(timeout: 2000) { $0.isWriting ? nil : true }
        CallMemory.write(CallMemory.bytes(content), to: path)
    }

    private static func bytes(_ content: Content) -> [UInt8] {
        JSON.object([
            ("at", .int(content.at)), ("counted", content.counted.map { .int(Int64($0)) }),
            ("calls", .array(content.calls.map(\.json))),
        ]).text8 + [0x0A]
    }

    /// Lost, it costs a doubt, not a call.
    private static func write(_ bytes: [UInt8], to path: String) {
        let fresh = path + ".new"
        if (try? Files.write(bytes, to: fresh, mode: 0o600)) != nil { rename(fresh, path) }
    }
}

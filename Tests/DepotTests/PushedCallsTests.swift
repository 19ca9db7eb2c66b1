import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Calls that a script pushes to the centre, over restarts of the centre and of what counts the calls.
struct PushedCallsTests {
    private let folder = TemporaryFolder()
    private let store: Store

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    /// The centre as it starts: what ran goes on.
    private func start(_ feed: String, at now: Int64) throws -> PushedCalls {
        var pushed = PushedCalls(feed, isLater: try store.calls.hasCalls(of: feed), at: now)
        for row in try store.calls.running(since: 0) where row.agent == feed {
            pushed.resume(row.snapshot.told(by: feed))
        }
        return pushed
    }

    private func push(_ lines: String..., to pushed: inout PushedCalls, of feed: String, at now: Int64) throws {
        for snapshot in pushed.take(Array(lines.joined(separator: "\n").utf8), at: now).snapshots {
            _ = try store.calls.save(snapshot.filed(under: feed), agent: feed, key: nil)
        }
    }

    private static func ring(_ call: String, from number: String) -> String {
        #"{"event":"ringing","call":"\#(call)","ext":"101","direction":"inbound","from":{"number":"\#(number)"}}"#
    }

    @Test func anIDAfterARestartOfTheCentreIsANewCallAndWhatRanGoesOn() throws {
        var pushed = try start("old-pbx", at: 1_800_000_000_000)
        try push(
            Self.ring("17", from: "0612340001"), #"{"event":"ended","call":"17","cause":"no-answer"}"#,
            Self.ring("18", from: "0612340002"), to: &pushed, of: "old-pbx", at: 1_800_000_000_000)
        #expect(try store.calls.row("old-pbx/old-pbx/17")?.snapshot.caller?.number == "0612340001")
        pushed = try start("old-pbx", at: 1_800_000_100_000)
        try push(
            #"{"event":"answered","call":"18","ext":"101"}"#, Self.ring("17", from: "0612340003"),
            #"{"event":"answered","call":"17","ext":"101"}"#, #"{"event":"ended","call":"17"}"#, to: &pushed,
            of: "old-pbx", at: 1_800_000_100_000)
        let rows = try store.database.rows("SELECT id FROM call ORDER BY id") { $0.text(0) }
        #expect(rows.count == 3)
        let old = try #require(try store.calls.row("old-pbx/old-pbx/17")?.snapshot)
        #expect(old.caller?.number == "0612340001" && old.missedBy == ["101"])
        let new = try #require(try store.calls.row(rows.first { $0.contains("/17~") } ?? "")?.snapshot)
        #expect(new.caller?.number == "0612340003" && new.answeredBy == ["101"] && new.state == .ended)
        let running = try store.calls.running(since: 0)
        #expect(running.map(\.snapshot.call) == ["old-pbx/old-pbx/18"] && running.first?.snapshot.answeredBy == ["101"])
    }

    /// Two scripts that number their calls alike, one of which was never heard before.
    @Test func twoScriptsWithTheSameIDHaveTwoCalls() throws {
        var one = try start("feed", at: 1_800_000_000_000)
        try push(Self.ring("17", from: "0612340001"), to: &one, of: "feed", at: 1_800_000_000_000)
        #expect(try store.calls.hasCalls(of: "feed"))
        for name in ["fee", "feed-2", "feed0", "f"] { #expect(try !store.calls.hasCalls(of: name)) }
        var two = try start("feed-2", at: 1_800_000_001_000)
        try push(
            Self.ring("17", from: "0612340002"), #"{"event":"ended","call":"17"}"#, to: &two, of: "feed-2",
            at: 1_800_000_001_000)
        #expect(try store.calls.row("feed/feed/17")?.snapshot.state == .ringing)
        #expect(try store.calls.row("feed-2/feed-2/17")?.snapshot.state == .ended)
    }
}

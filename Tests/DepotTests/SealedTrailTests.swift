import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// An export proves itself, line by line, without the database.
struct SealedTrailTests {
    private let folder = TemporaryFolder()
    private let store: Store

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        for number in 1...6 as ClosedRange<Int64> {
            try store.tell(
                Fact(number == 3 ? .callEnded : .deliveryOpened, number, "« quai \(number) »"),
                by: Author("Zoé", station: "dock-1", reason: "parce que"), site: "lyon", at: number * 1000)
            if number != 3 { try store.trail.add(number) }
        }
    }

    private func lines(_ query: TrailTable.Query = .init()) throws -> [String] {
        var lines: [String] = []
        try store.trail.sealed(query) {
            lines.append($0.json.description)
            return true
        }
        return lines
    }

    private func walk(_ lines: [String]) -> SealedTrail {
        var trail = SealedTrail()
        for line in lines { guard trail.take(line) else { break } }
        return trail
    }

    @Test func linesAreWholeAndGapsAreTold() throws {
        let trail = walk(try lines())
        #expect(trail.broken == nil && trail.lines == 5 && trail.gaps == 1 && trail.again == 0)
        #expect(trail.link == (try store.ledger.verify().tip))
        #expect(walk(try lines(.init(subject: "5"))).broken == nil)
    }

    /// As a collector writes them: with a head, some of them twice, and a blank line.
    @Test func whatACollectorWroteIsReadAsItLies() throws {
        let lines = try lines().map { "<110>1 2026-11-28T06:00:00Z centre quai - x [meta sequenceId=\"1\"] \($0)" }
        let trail = walk(lines + ["", lines[4]])
        #expect(trail.broken == nil && trail.lines == 6 && trail.again == 1)
    }

    @Test func whatWasChangedOrLeftOutInBetweenIsFound() throws {
        let lines = try lines()
        for (word, other) in [
            ("Zoé", "Léa"), ("parce que", "ainsi"), ("lyon", "paris"), ("\"at\":5000", "\"at\":5001"),
        ] {
            var changed = lines
            changed[3] = changed[3].replacing(word, with: other)
            #expect(walk(changed).broken == 4, "\(word)")
        }
        var swapped = lines
        let link = try #require(try JSON(parsing: lines[3])["link"]?.text)
        swapped[4] = swapped[4].replacing(link, with: String(repeating: "0", count: 64))
        #expect(walk(swapped).broken == 5)
        #expect(walk(["no line"]).broken == 1 && walk(["{}"]).broken == 1)
    }

    @Test func anErasedEntryKeepsItsPlace() throws {
        #expect(try store.ledger.erase(mentioning: ["« quai 4 »"]) == 1)
        let trail = walk(try lines())
        #expect(trail.broken == nil && trail.erased == 1)
    }
}

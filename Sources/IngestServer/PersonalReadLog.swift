import Depot
import Model
import Platform

/// Who looks at personal data: noted in memory where it is read, written into the trail by the writer, in portions and a moment later.
/// What is noted in the last seconds before a power cut is lost; at an orderly end it is written.
final class PersonalReadLog: Sendable {
    private let reads = Locked(PersonalReads())

    /// Reads that the trail does not have.
    var lost: UInt64 { reads.with { $0.lost } }

    func note(_ kind: PersonalRead.Kind, _ subject: String, by person: Person) {
        let read = PersonalRead(kind, subject, by: person.author, at: Clocks.wall)
        reads.change { $0.note(read) }
    }

    /// What waits; all of it where this is the end.
    func write(by writer: Writer, isLast: Bool = false) async {
        let now = Clocks.wall
        let portion = reads.change { isLast ? $0.takeLast(at: now) : $0.take(at: now) }
        guard !portion.isEmpty else { return }
        do { try await writer.run { desks, _ in try desks.reads.tell(portion) } } catch {
            reads.change { $0.putBack(portion) }
            await writer.failed(error)
        }
    }
}

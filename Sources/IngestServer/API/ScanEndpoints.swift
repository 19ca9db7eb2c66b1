import Depot
import HTTPTypes
import Hummingbird
import Model

/// What somebody scanned in a page.
struct ScanEndpoints {
    let intake: AgentIntake

    private static let answers = AnswerSchema.object(
        "ScanAnswers", [.init("now", .moment), .init("answers", .list(PageScanAnswer.schema))])

    var list: [Endpoint] {
        [
            Endpoint(
                .post, "/api/v1/scans",
                "Scans made in a page, each applied once by its key, as a reader's in that zone; the answers are in their order",
                body: BringScans.shape, needs: .any([.deliveriesCount, .countingCount]),
                answers: .json(ScanEndpoints.answers)
            ) { incoming, body in
                let person = try incoming.who()
                let scans = try body.scans.map { try $0.scan }
                guard !scans.isEmpty else { throw BringScans.Scan.bad }
                for scan in scans { try person.check(zone: scan.zone) }
                let (answers, now) = try await intake.take(scans, clock: body.clock, from: person)
                return .json(.object([("now", .int(now)), ("answers", .array(answers))]))
            }
        ]
    }
}

struct BringScans: Sendable {
    struct Scan: Sendable {
        var key = ""
        var zone = ""
        var text = ""
        var symbology: String?
        var at: Int64 = 0
        var person: Int64?

        static let bad = APIProblem(
            .badRequest, "bad-scan",
            "A scan has a ULID as its key, a zone, a text of 1 to \(PageScan.textLimit) characters and the moment of it."
        )

        static let shape = BodyShape(
            "BringScan", Self(),
            [
                .text("key", 26, \.key, or: bad), .line("zone", PageScan.zoneLimit, \.zone, or: APIProblem.zoneNeeded),
                .text("text", PageScan.textLimit, \.text, or: bad), .text("symbology", 3, \.symbology, or: bad),
                .integer("at", Bounded.times, \.at, or: bad), .integer("person", 0...Int64.max, \.person),
            ])

        var scan: PageScan {
            get throws {
                // An AIM identifier is ], a letter and a sign (ISO/IEC 15424).
                let isMark = symbology.map { $0.utf8.count == 3 && $0.hasPrefix("]") } ?? true
                let hasText = text.unicodeScalars.contains { $0.value > 0x20 && $0.value != 0x7F }
                guard PageScan.isKey(key), hasText, text.utf8.count <= Model.Row.textLimit, isMark else {
                    throw Scan.bad
                }
                return PageScan(key: key, zone: zone, text: text, symbology: symbology, at: at, person: person)
            }
        }
    }

    /// What the browser's clock shows now.
    var clock: Int64 = 0
    var scans: [Scan] = []

    static let shape = BodyShape(
        "BringScans", Self(),
        [
            .integer("clock", Bounded.times, \.clock, or: Scan.bad),
            .list("scans", PageScan.batchLimit, of: Scan.shape, \.scans),
        ])
}

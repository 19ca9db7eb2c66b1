import Depot
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Platform

/// Data protection: what is kept about a number or a person, as a file, erased; and for how long which kind is kept.
struct PersonalEndpoints {
    let writer: Writer
    let live: LiveView
    let reads: LongReads
    let personal: PersonalReadLog
    let present: Locked<IngestConfiguration>

    private var configuration: IngestConfiguration { present.with { $0 } }

    private static let placesSchema = AnswerSchema.object(
        "PersonalPlaces",
        [
            .init("of", .text), .init("number", .text, isRequired: false), .init("count", .integer),
            .init(
                "places",
                .list(
                    .object(
                        "PersonalPlace",
                        [.init("place", .text), .init("count", .integer), .init("more", .truth, isRequired: false)]))),
        ])

    private static let erasedSchema = AnswerSchema.object(
        "Erased",
        ["calls", "notes", "numbers", "commands", "clients", "pushes", "told", "texts", "facts"].map {
            .init($0, .integer)
        } + [.init("notReached", .list(.text)), .init("dryRun", .truth)])

    private static let retentionSchema = AnswerSchema.object(
        "RetentionPeriod", [.init("kind", .words(Retention.self)), .init("days", .integer)])

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/personal", "What is kept about a number or a person, by place: ?of=",
                needs: .right(.users), answers: .json(PersonalEndpoints.placesSchema)
            ) { incoming in
                let (subject, file) = try await self.file(incoming)
                let places = file.places.map { place in
                    JSON.object([
                        ("place", .string(place.table)), ("count", .int(Int64(place.rows.count))),
                        ("more", place.hasMore ? true : nil),
                    ])
                }
                var number: JSON?
                if case .number(let found) = subject { number = .string(found.e164 ?? found.display) }
                return .json(
                    .object([
                        ("of", .string(file.subject)), ("number", number), ("count", .int(Int64(file.count))),
                        ("places", .array(places)),
                    ]))
            },
            Endpoint(
                .post, "/api/v1/personal/erase",
                "Erase a number; dryRun counts what would go, and changes nothing", body: EraseNumber.shape,
                needs: .right(.users), answers: .json(PersonalEndpoints.erasedSchema)
            ) { incoming, body in
                let person = try incoming.unmasked()
                guard case .number(let number) = AccessTable.Subject(body.number, configuration.plan) else {
                    throw EraseNumber.bad
                }
                let isDry = body.dryRun
                // That somebody looked for it is kept, too, until now.
                if !isDry { await personal.write(by: writer, isLast: true) }
                let erased = try await writer.run {
                    try $0.store.erasure.erase(number, who: person.name, dryRun: isDry, at: $1)
                }
                // Cards that are open show it no more.
                if !isDry { await live.showAll() }
                return .json(erased.json.with("dryRun", .bool(isDry)))
            },
            Endpoint(
                .get, "/api/v1/retention", "For how many days each kind is kept; 0: for ever", needs: .right(.users),
                answers: .list(PersonalEndpoints.retentionSchema)
            ) { _ in
                let rules = configuration.retention
                return .json(
                    .array(
                        Retention.allCases.map {
                            .object([("kind", .string($0.rawValue)), ("days", .int(Int64(rules[$0])))])
                        }))
            },
        ]
            + ["json", "html"].map { form in
                Endpoint(
                    .get, "/api/v1/personal/export.\(form)",
                    "Everything that is kept about a number or a person as one file: ?of=&lang=en",
                    needs: .right(.users), answers: .file([form == "html" ? "text/html" : "application/json"])
                ) { incoming in
                    let (_, file) = try await self.file(incoming)
                    let language = ReportLanguage(rawValue: incoming.query("lang") ?? "fr") ?? .en
                    return try await Endpoint.file("personal", form) {
                        Array((form == "html" ? AccessPage(file, language).text : file.json.description + "\n").utf8)
                    }
                }
            }
            + Endpoint.exports(
                "/api/v1/processing", "The record of processing (GDPR, article 30)", needs: .users
            ) { _ in ({ ProcessingRecord(configuration).sheet($0) }, "processing") }
    }

    private func file(_ incoming: Incoming) async throws -> (AccessTable.Subject, AccessTable.File) {
        let text = String((incoming.query("of") ?? "").prefix(120))
        guard let subject = AccessTable.Subject(text, configuration.plan) else {
            throw APIProblem(.badRequest, "whom-needed", "Say which number, or the whole name of a person.")
        }
        personal.note(.access, subject.text, by: try incoming.unmasked())
        let (plan, now) = (configuration.plan, Clocks.wall)
        return (subject, try await reads.read { try $0.access.file(of: subject, plan: plan, at: now) })
    }
}

extension AccessTable.Subject {
    /// A number where it is one that can be erased, otherwise a name of at least two characters.
    init?(_ text: String, _ plan: NumberPlan) {
        let text = Typed.line(text, limit: 120) ?? ""
        let number = plan.number(text)
        if text.contains(where: \.isNumber), !text.contains(where: \.isLetter), number.isErasable {
            self = .number(number)
        } else if text.count >= 2 {
            self = .name(text)
        } else {
            return nil
        }
    }
}

extension PhoneNumber {
    /// Somebody's, and long enough not to be found by chance.
    var isErasable: Bool { kind != .withheld && kind != .extension && key.count >= 6 }
}

/// A number in any form.
struct EraseNumber: Sendable {
    var number = ""
    var dryRun = true

    static let bad = APIProblem(.badRequest, "not-erasable", "This is no number that can be erased.")
    static let shape = BodyShape(
        "EraseNumber", Self(), [.text("number", 64, \.number, or: bad), .truth("dryRun", \.dryRun)])
}

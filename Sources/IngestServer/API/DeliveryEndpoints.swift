import Depot
import HTTPTypes
import Hummingbird
import Identifiers
import Model
import NIOCore
import Platform
import Sheets

/// Deliveries, from their paper to their end; photos.
struct DeliveryEndpoints {
    let writer: Writer
    let live: LiveView
    let reads: LongReads
    let present: Locked<IngestConfiguration>

    private var signature: SignatureRule { present.with { $0.signature } }

    /// Largest photo, in bytes.
    static let photoLimit = 2 << 20

    private static let deliveriesSchema = AnswerSchema.object(
        "Deliveries",
        [
            .init("deliveries", .list(DeliveryView.summaryShape.schema)), .init("zones", .list(.text)),
            .init("signature", .words(SignatureRule.self)),
            // Of a page alone: how many there are of each state, where to go on, what may be filtered by.
            .init("counts", .map(.integer), isRequired: false), .init("total", .integer, isRequired: false),
            .init("next", .integer, isRequired: false), .init("suppliers", .list(.text), isRequired: false),
            .init("docks", .list(.text), isRequired: false),
        ])

    /// With what the ERP is told of it.
    private static let deliverySchema = DeliveryView.shape.schema.with(
        [.init("erpJob", ERPJob.shape.schema, isRequired: false)], as: "DeliveryPage")

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/deliveries",
                """
                Deliveries expected, open, and closed within a day; ?days= for more, at most 500; with ?limit= one page: \
                also q, state, dock, supplier, today, after
                """, needs: .right(.deliveriesSee),
                answers: .json(DeliveryEndpoints.deliveriesSchema)
            ) { incoming in
                let person = try incoming.who()
                let days = min(366, max(1, incoming.query("days").flatMap { Int64($0) } ?? 1))
                let since = Clocks.wall - days * 86_400_000
                if var question = try DeliveryList.Question(incoming, since: since) {
                    question.reach = person.reach
                    let asked = question
                    let list = try await reads.read { try $0.deliveries.list(asked) }
                    let told = list.json(zones: try await live.zones(.dock, for: person))
                    return .json(told.with("signature", .string(signature.rawValue)))
                }
                let list = try await reads.read {
                    try $0.deliveries.rows(closedSince: since).filter { person.reach.covers(zone: $0.place) }.map(
                        \.summary)
                }
                return .json(
                    .object([
                        ("deliveries", .array(list)), ("zones", .array(try await live.zones(.dock, for: person))),
                        ("signature", .string(signature.rawValue)),
                    ]))
            },
            Endpoint(
                .get, "/api/v1/deliveries/proposals", "What lies unopened at a dock fits these: ?zone=",
                needs: .right(.deliveriesSee), answers: .list(StrayTable.proposalSchema)
            ) { incoming in
                let zone = incoming.query("zone") ?? ""
                try incoming.who().check(zone: zone)
                return .json(
                    .array(try await reads.read { try $0.strays.proposals(zone: zone, at: Clocks.wall) }))
            },
            Endpoint(
                .get, "/api/v1/deliveries/strays",
                "What was read at a dock where nothing was open, within ten minutes: ?zone=",
                needs: .right(.deliveriesSee),
                answers: .list(StrayTable.straySchema)
            ) { incoming in
                let zone = incoming.query("zone") ?? ""
                try incoming.who().check(zone: zone)
                return .json(.array(try await reads.read { try $0.strays.rows(zone: zone, at: Clocks.wall) }))
            },
            Endpoint(
                .get, "/api/v1/deliveries/closed",
                "Closed deliveries that a scan names: ?scan= a note, another name, an SSCC",
                needs: .right(.deliveriesSee), answers: .list(DeliveryView.summaryShape.schema)
            ) { incoming in
                let person = try incoming.who()
                let scan = incoming.query("scan") ?? ""
                return .json(
                    .array(
                        try await reads.read {
                            try $0.deliveries.closed(named: scan).filter { person.reach.covers(zone: $0.place) }.map(
                                \.summary)
                        }))
            },
            Endpoint(
                .post, "/api/v1/deliveries/blind", "Receive what nobody announced",
                body: BlindDelivery.shape, needs: .right(.deliveriesCount),
                answers: .json(DeliveryEndpoints.deliverySchema)
            ) { incoming, body in
                let person = try incoming.who()
                try person.check(zone: body.zone)
                let id = try await writer.run {
                    try $0.receiving.openBlind(
                        supplier: body.supplier, zone: body.zone, note: body.note, day: String(rfc3339($1).prefix(10)),
                        by: person.author, at: $1)
                }
                guard let id else { throw APIProblem(.conflict, "note-taken", "Another delivery has this note.") }
                return try await detail(id, for: person)
            },
            Endpoint(
                .get, "/api/v1/deliveries/{id}", "One delivery with its lines and what is to be decided",
                needs: .right(.deliveriesSee), answers: .json(DeliveryEndpoints.deliverySchema)
            ) { incoming in
                try await detail(try await delivery(incoming), for: try incoming.who())
            },
            Endpoint(
                .get, "/api/v1/deliveries/{id}/trail", "The reads and decisions behind a quantity: ?gtin=",
                needs: .right(.deliveriesSee), answers: .list(DeliveryTable.trailSchema)
            ) {
                incoming in
                let id = try await delivery(incoming)
                let gtin = incoming.query("gtin") ?? ""
                return .json(
                    .array(try await reads.read { try $0.deliveries.trail(delivery: id, gtin: gtin) }))
            },
            Endpoint(
                .post, "/api/v1/deliveries/{id}/open", "Receive it at a dock", body: OpenDelivery.shape,
                needs: .right(.deliveriesCount),
                answers: .json(DeliveryEndpoints.deliverySchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await delivery(incoming)
                try person.check(zone: body.zone)
                let isOpen = try await writer.run {
                    try $0.receiving.open(id, zone: body.zone, by: person.author, at: $1)
                }
                guard isOpen else { throw APIProblem(.conflict, "delivery-closed", "This delivery is closed.") }
                return try await detail(id, for: person)
            },
            Endpoint(
                .post, "/api/v1/deliveries/{id}/mode", "What a scan does now", body: SetMode.shape,
                needs: .right(.deliveriesCount),
                answers: .json(DeliveryEndpoints.deliverySchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await delivery(incoming)
                let isSet = try await writer.run { try $0.receiving.set(body.mode, on: id, by: person.author, at: $1) }
                guard isSet else { throw APIProblem.notOpen }
                return try await detail(id, for: person)
            },
            Endpoint(
                .post, "/api/v1/deliveries/{id}/decisions",
                "Take down a decision; undo names its number as quantity", body: Decide.shape,
                needs: .right(.deliveriesDecide),
                answers: .json(DeliveryEndpoints.deliverySchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await delivery(incoming)
                let decision = try Decision(body, by: person)
                guard decision.kind != .signed || signature != .off else { throw APIProblem.nobodySigns }
                do { try await writer.run { desks, _ in try desks.receiving.decide(decision, on: id) } } catch let error
                    as DecisionError
                { throw APIProblem(error) }
                return try await detail(id, for: person)
            },
            Endpoint(
                .post, "/api/v1/deliveries/{id}/close",
                "Close it; the body answers what is still open, and names photos of the goods",
                body: CloseDelivery.shape, needs: .right(.deliveriesClose),
                answers: .json(DeliveryEndpoints.deliverySchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await delivery(incoming)
                let closing = ReceivingDesk.Closing(
                    short: body.short, extra: body.extra, unknown: body.unknown, photos: body.photos,
                    needsSignature: signature == .required)
                let author = person.author(because: body.reason)
                let closed: Bool
                do {
                    closed = try await writer.run { try $0.receiving.close(id, closing, by: author, at: $1) }
                } catch let error as DecisionError { throw APIProblem(error) }
                guard closed else {
                    guard let view = try await live.read({ try $0.deliveries.view(id) }) else {
                        throw APIProblem.noDelivery
                    }
                    throw APIProblem(
                        .conflict, "not-open", "Somebody else closed it, or it was never opened.",
                        [("closedBy", view.closedBy.map(JSON.string))])
                }
                return try await detail(id, for: person)
            },
            Endpoint(
                .post, "/api/v1/deliveries/{id}/reopen",
                "Receive a closed delivery again, within 90 days; the reason is kept", body: ReopenDelivery.shape,
                needs: .right(.deliveriesReopen), answers: .json(DeliveryEndpoints.deliverySchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await delivery(incoming)
                let author = person.author(because: body.reason)
                try person.check(zone: body.zone)
                do {
                    try await writer.run {
                        try $0.receiving.reopen(id, zone: body.zone, cause: body.cause, by: author, at: $1)
                    }
                } catch let error as ReopenError { throw APIProblem(error) }
                return try await detail(id, for: person)
            },
            Endpoint(
                .post, "/api/v1/deliveries/{id}/proposals/{number}",
                "Do what was decided at its depot and not done, or do not", body: SettleProposal.shape,
                needs: .right(.deliveriesDecide), answers: .json(DeliveryEndpoints.deliverySchema)
            ) { incoming, body in
                let person = try incoming.who()
                let (id, number) = (try await delivery(incoming), try incoming.id("number"))
                do {
                    try await writer.run {
                        if body.accept {
                            let kind = try $0.store.deliveries.view(id)?.proposals.first { $0.id == number }?.decision
                                .kind
                            if kind == .close, !person.may(.deliveriesClose) {
                                throw APIProblem.noRight(.deliveriesClose)
                            }
                            try $0.depot.accept(number, of: id, by: person.author, at: $1)
                        } else {
                            try $0.depot.refuse(number, of: id, by: person.author, at: $1)
                        }
                    }
                } catch let error as DecisionError { throw APIProblem(error) }
                return try await detail(id, for: person)
            },
            Endpoint(
                .get, "/api/v1/deliveries/{id}/slip.pdf", "A slip to print or sign; ?paper= a4 or 80mm, ?lang=en",
                needs: .right(.deliveriesSee), answers: .file(["application/pdf"])
            ) { incoming in
                let id = try await delivery(incoming)
                guard let paper = Slip.Format(rawValue: incoming.query("paper") ?? "a4") else {
                    throw APIProblem(.badRequest, "bad-query", "paper is a4 or 80mm.")
                }
                let person = try incoming.who()
                guard let view = try await live.read({ try $0.deliveries.view(id).map(person.shown) }) else {
                    throw APIProblem.noDelivery
                }
                let slip = DeliverySlip.make(view, ReportLanguage(rawValue: incoming.query("lang") ?? "fr") ?? .fr)
                return try await Endpoint.file("slip-\(view.note)", "pdf") { try slip.pdf(paper) }
            },
            Endpoint(
                .post, "/api/v1/photos", "Keep a photo (JPEG or PNG, at most 2 MiB)", body: .bytes,
                needs: .any([.deliveriesDecide, .deliveriesClose]),
                answers: .json(.object("Kept", [.init("id", .integer)]))
            ) {
                incoming in
                let person = try incoming.who()
                let bytes = try await incoming.bytes(limit: DeliveryEndpoints.photoLimit)
                let type: String
                if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
                    type = "image/jpeg"
                } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
                    type = "image/png"
                } else {
                    throw APIProblem(.unsupportedMediaType, "no-photo", "A photo is a JPEG or a PNG.")
                }
                let id = try await writer.run {
                    try $0.receiving.keep(photo: bytes, type: type, by: person.author, at: $1)
                }
                return .json(.object([("id", .int(id))]))
            },
            Endpoint(
                .get, "/api/v1/photos/{id}", "A photo", needs: .right(.deliveriesSee),
                answers: .file(["image/jpeg", "image/png"])
            ) { incoming in
                let (person, id) = (try incoming.who(), try incoming.id("id"))
                guard let photo = try await live.read({ try $0.deliveries.photo(id, for: person) }) else {
                    throw APIProblem(.notFound, "no-such-photo", "There is no such photo.")
                }
                var headers: HTTPFields = [.contentType: photo.type, .cacheControl: "private, max-age=86400"]
                headers[.xContentTypeOptions] = "nosniff"
                return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: photo.body)))
            },
        ]
            + Endpoint.exports("/api/v1/deliveries/{id}", "The reception", needs: .deliveriesSee) { incoming in
                let (person, id) = (try incoming.who(), try await delivery(incoming))
                guard let view = try await live.read({ try $0.deliveries.view(id).map(person.shown) }) else {
                    throw APIProblem.noDelivery
                }
                return (Reports.reception(view), "reception-\(view.note)")
            }
    }

    /// The delivery that the address names; one that stands elsewhere than this person may see is none.
    private func delivery(_ incoming: Incoming) async throws -> Int64 {
        let (person, id) = (try incoming.who(), try incoming.id("id"))
        let zone = try await live.read { try $0.deliveries.zone(of: id) }
        guard person.reach.covers(zone: zone) else { throw APIProblem.noDelivery }
        return id
    }

    private func detail(_ id: Int64, for person: Person) async throws -> Response {
        let found = try await live.read { store -> JSON? in
            guard let view = try store.deliveries.view(id).map(person.shown) else { return nil }
            // The last that is told of it: its reception, or the correction after it.
            let job =
                try store.jobs.jobs(ofDelivery: id).last { !$0.isVoid } ?? store.exchange.job(telling: "delivery/\(id)")
            return view.json.with("erpJob", job?.json)
        }
        guard let found else { throw APIProblem.noDelivery }
        return .json(found)
    }
}

extension APIProblem {
    fileprivate static let nobodySigns = APIProblem(
        .conflict, "no-signatures", "Nobody signs here: [receiving] signature is off.")

    init(_ error: DecisionError) {
        switch error {
        case .noSuchDelivery: self.init(.notFound, "no-such-delivery", "There is no such delivery or count.")
        case .anotherDelivery:
            self.init(.conflict, "another-delivery", "It was decided about another delivery, which is gone.")
        case .closed: self.init(.conflict, "not-open", "It is closed: nothing was changed.")
        case .noSuchDecision: self.init(.conflict, "no-such-decision", "It was undone already, or never taken.")
        case .undecided(let questions):
            self.init(
                .conflict, "undecided", "\(questions.count) questions are still to be decided.",
                [("questions", .array(questions.map(\.json)))])
        case .unsigned:
            self.init(.conflict, "signature-needed", "Somebody has to sign for the delivery before it is closed.")
        case .malformed(let why): self.init(.badRequest, "bad-decision", "\(why).")
        }
    }
}

extension Decision {
    /// As a page or a client says it.
    init(_ body: Decide, by person: Person) throws {
        var gtin = body.gtin
        if let text = gtin {
            gtin = ArticleCode(asked: text)?.text
            if gtin == nil {
                throw APIProblem(
                    .badRequest, "bad-gtin", "\(text.prefix(20)) is not a GTIN, nor # and a reference.")
            }
        }
        self.init(
            at: Clocks.wall, who: person.name, station: person.station, kind: body.kind, subject: body.subject,
            gtin: gtin, quantity: body.quantity, lot: body.lot, reason: body.reason, photo: body.photo)
    }
}

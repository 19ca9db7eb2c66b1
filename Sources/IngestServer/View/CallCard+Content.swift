import Depot
import Model

extension CallCard {
    /// What a card says to everybody who may see the call.
    struct Content {
        let snapshot: CallSnapshot
        let agent: String
        /// The other side's; nil where it is withheld or not told.
        let number: PhoneNumber?
        let withheld: Bool
        /// What was called, as people write it.
        let dialled: String?
        let clients: [Client]
        /// The clients are found by the end of the number alone.
        let isGuess: Bool
        let deliveries: [Delivery]
        /// Others with the same number, newest first.
        let history: [PastCall]
        /// How many of them a short while ago.
        let again: Int
        let note: CallNote?
        let routing: CallRouting

        var isOutbound: Bool { snapshot.direction == .outbound }

        /// By a click.
        var dialable: Bool { number.map { $0.kind == .subscriber && !$0.premium || $0.kind == .extension } ?? false }

        /// Of a call out, the caller is one of ours: their name is not the other side's.
        var sentName: String? { withheld || isOutbound ? nil : snapshot.caller?.name }
    }

    /// A client on the telephone, with whoever said that it is this one of several.
    struct Client {
        var party: PartyView
        var openDeliveries: Int
        var chosen: (who: String, at: Int64)?

        static let shape = Shape<Client>(
            "CallClient",
            PartyView.shape.fields(of: \.party) + [
                .count("openDeliveries", \.openDeliveries), .one("chosen", of: choice, ifAny: \.chosen),
            ])

        private static let choice = Shape<(who: String, at: Int64)>(
            "Chosen", [.text("by") { $0.who }, .moment("at") { $0.at }])
    }

    /// A delivery of a client on the telephone.
    struct Delivery {
        var view: DeliveryView
        var party: Int64
        var scannedToday: Int64?

        static let shape = Shape<Delivery>(
            "CallDelivery",
            DeliveryView.summaryShape.fields(of: \.view) + [
                .integer("party", \.party), .integer("scannedToday", ifAny: \.scannedToday),
            ])
    }

    static let number = Shape<PhoneNumber>(
        "ShownNumber", [.text("display", \.display), .text("e164", ifAny: \.e164), .word("kind", \.kind)])
}

extension CallCard.Content {
    static let shape = Shape<CallCard.Content>(
        "CallCard",
        [
            .text("call", \.snapshot.call), .integer("rev", \.snapshot.revision), .text("gateway", \.agent),
            .word("direction", ifAny: \.snapshot.direction), .word("state", \.snapshot.state),
            .truth("withheld", \.withheld), .one("number", of: CallCard.number, ifAny: \.number),
            .truth("dialable", \.dialable), .text("sentName", ifAny: \.sentName),
            .text("called", ifAny: \.snapshot.called),
            .text("dialled", ifAny: { $0.isOutbound ? nil : $0.dialled }),
            .text("line") { CallName.line($0.snapshot.call, of: $0.agent) }, .text("queue", ifAny: \.snapshot.queue),
            .moment("started", \.snapshot.startedAt), .integer("corrected", ifAny: \.snapshot.clockCorrection),
            .moment("ended", ifAny: \.snapshot.endedAt), .word("cause", ifAny: \.snapshot.cause),
            .mark("perhapsMissed", \.snapshot.isPerhapsMissed), .moment("talked", ifAny: \.snapshot.answeredAt),
            .texts("answeredBy") { $0.snapshot.answeredBy.map($0.routing.label) },
            .texts("rings") { $0.snapshot.ringing.map($0.routing.label) },
            .texts("talks") { $0.snapshot.talking.map($0.routing.label) },
            .some("transfers", of: transfer) { content in
                content.snapshot.transfers.map { ($0, content.routing) }
            },
            .list("legs", of: leg) { content in content.snapshot.legs.map { ($0, content.routing) } },
            .text("command", ifAny: \.snapshot.command), .text("merged", ifAny: \.snapshot.mergedInto),
            .one("note", of: CallNote.shape, ifAny: \.note), .count("again", ifAny: { $0.again > 0 ? $0.again : nil }),
            .mark("guess", \.isGuess), .list("parties", of: CallCard.Client.shape, \.clients),
            .list("deliveries", of: CallCard.Delivery.shape, \.deliveries),
            .list("lastCalls", of: PastCall.shape, \.history),
        ])

    private static let transfer = Shape<(told: CallSnapshot.Transfer, routing: CallRouting)>(
        "Transfer",
        [
            .text("how") { $0.told.how }, .text("by", ifAny: { $0.told.by.map($0.routing.label) }),
            .text("to", ifAny: { $0.told.to.map($0.routing.label) }),
        ])

    private static let leg = Shape<(told: CallSnapshot.Leg, routing: CallRouting)>(
        "Leg",
        [
            .text("who") { $0.told.desk.map($0.routing.label) ?? "" }, .moment("rang", ifAny: { $0.told.rangAt }),
            .moment("answered", ifAny: { $0.told.answeredAt }), .moment("ended", ifAny: { $0.told.endedAt }),
            .word("cause", ifAny: { $0.told.cause }),
            .count("holds", ifAny: { $0.told.holds > 0 ? $0.told.holds : nil }),
        ])
}

extension CallCard {
    /// How a call stands for one person.
    struct Standing {
        enum Word: String, CaseIterable { case dialling, ringing, talking, held, missed, over, watched }

        var mine: Word
        var desk: String?
        var team: String?
        var leg: CallSnapshot.Leg?
        /// When the call was answered, for whoever dialled it.
        var answeredAt: Int64?
        var link: String?

        static let shape = Shape<Standing>(
            "CallStanding",
            [
                .text("desk", ifAny: \.desk), .word("mine", \.mine), .text("team", ifAny: \.team),
                .moment("rang", ifAny: { $0.leg?.rangAt }),
                .moment("answered", ifAny: { $0.leg?.answeredAt ?? $0.answeredAt }),
                .moment("dialledAt", ifAny: { $0.leg?.dialledAt }), .word("myCause", ifAny: { $0.leg?.cause }),
                .text("link", ifAny: \.link),
            ])
    }

    /// As it is in a list of running calls; a call that is `gone` is told to pages alone.
    static let schema = Content.shape.schema.with(Standing.shape.schema.members, as: "CallCard")

    /// As it is in the history: several calls in one line where one followed the other at once.
    static let storySchema = schema.with(
        [.init("calls", .list(.text), isRequired: false), .init("taken", taken, isRequired: false)], as: "CallStory")

    /// What became of a missed call.
    private static let taken = AnswerSchema.object(
        "Taken", [.init("by", .text, isRequired: false), .init("done", .text, isRequired: false)])
}

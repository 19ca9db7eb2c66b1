import Depot
import Model

/// What a card is, for the document of the API. `CallCard.json` writes it; `packaging/test-api` looks whether both say the same.
extension CallCard {
    /// How it stands for one person; `gone` is told to pages alone.
    static let mine = AnswerSchema.word(["ringing", "talking", "held", "missed", "over", "watched"])

    /// As it is in a list of running calls.
    static let schema = AnswerSchema.object(
        "CallCard",
        [
            .init("call", .text), .init("rev", .integer), .init("gateway", .text),
            .init("direction", .words(CallDirection.self), isRequired: false),
            .init("state", .words(CallSnapshot.State.self)), .init("withheld", .truth),
            .init("number", number, isRequired: false), .init("dialable", .truth),
            .init("sentName", .text, isRequired: false), .init("called", .text, isRequired: false),
            .init("dialled", .text, isRequired: false), .init("line", .text),
            .init("queue", .text, isRequired: false), .init("started", .moment),
            .init("corrected", .integer, isRequired: false), .init("ended", .moment, isRequired: false),
            .init("cause", .words(CallCause.self), isRequired: false),
            .init("perhapsMissed", .truth, isRequired: false), .init("talked", .moment, isRequired: false),
            .init("answeredBy", .list(.text)), .init("rings", .list(.text)), .init("talks", .list(.text)),
            .init("transfers", .list(transfer), isRequired: false), .init("legs", .list(leg)),
            .init("command", .text, isRequired: false), .init("merged", .text, isRequired: false),
            .init("note", CallNote.shape.schema, isRequired: false), .init("again", .integer, isRequired: false),
            .init("guess", .truth, isRequired: false), .init("parties", .list(client)),
            .init("deliveries", .list(delivery)), .init("lastCalls", .list(PastCall.shape.schema)),
            .init("mine", mine), .init("desk", .text, isRequired: false), .init("team", .text, isRequired: false),
            .init("rang", .moment, isRequired: false), .init("answered", .moment, isRequired: false),
            .init("dialledAt", .moment, isRequired: false),
            .init("myCause", .words(CallCause.self), isRequired: false), .init("link", .text, isRequired: false),
        ])

    /// As it is in the history: several calls in one line where one followed the other at once.
    static let storySchema = schema.with(
        [.init("calls", .list(.text), isRequired: false), .init("taken", taken, isRequired: false)], as: "CallStory")

    /// What became of a missed call.
    private static let taken = AnswerSchema.object(
        "Taken", [.init("by", .text, isRequired: false), .init("done", .text, isRequired: false)])

    private static let number = AnswerSchema.object(
        "ShownNumber",
        [
            .init("display", .text), .init("e164", .text, isRequired: false),
            .init("kind", .words(PhoneNumber.Kind.self)),
        ])

    private static let transfer = AnswerSchema.object(
        "Transfer",
        [.init("how", .text), .init("by", .text, isRequired: false), .init("to", .text, isRequired: false)])

    private static let leg = AnswerSchema.object(
        "Leg",
        [
            .init("who", .text), .init("rang", .moment, isRequired: false),
            .init("answered", .moment, isRequired: false), .init("ended", .moment, isRequired: false),
            .init("cause", .words(CallCause.self), isRequired: false), .init("holds", .integer, isRequired: false),
        ])

    private static let client = PartyView.shape.schema.with(
        [
            .init("openDeliveries", .integer),
            .init("chosen", .object("Chosen", [.init("by", .text), .init("at", .moment)]), isRequired: false),
        ], as: "CallClient")

    /// A delivery of a client on the telephone.
    private static let delivery = DeliveryView.summaryShape.schema.with(
        [.init("party", .integer), .init("scannedToday", .integer, isRequired: false)], as: "CallDelivery")
}

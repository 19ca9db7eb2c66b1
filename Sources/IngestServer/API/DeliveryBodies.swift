import Depot
import HTTPTypes
import Model

/// What is asked about deliveries and counts.
struct OpenDelivery: Sendable {
    var zone = ""

    static let shape = BodyShape("OpenDelivery", Self(), [.line("zone", 64, \.zone, or: .zoneNeeded)])
}

/// Why a closed delivery is received again.
struct ReopenDelivery: Sendable {
    var zone = ""
    var reason = ""
    var cause: Reopening.Cause?

    static let shape = BodyShape(
        "ReopenDelivery", Self(),
        [
            .line("zone", 64, \.zone, or: .zoneNeeded),
            .line("reason", Reopening.reasons.upperBound, \.reason, or: .reasonNeeded),
            .word("cause", Reopening.Cause.allCases, \.cause),
        ])
}

struct BlindDelivery: Sendable {
    var zone = ""
    var supplier = ""
    var note: String?

    static let shape = BodyShape(
        "BlindDelivery", Self(),
        [
            .line("zone", 64, \.zone, or: .zoneNeeded),
            .line(
                "supplier", 120, \.supplier,
                or: APIProblem(
                    .badRequest, "supplier-needed", "Say from whom it comes, in at most 120 characters.")),
            .line("note", 64, \.note),
        ])
}

/// What a scan does from now on.
struct SetMode: Sendable {
    var mode = Reception.Mode.add

    static let shape = BodyShape(
        "SetMode", Self(),
        [
            .word(
                "mode", [.add, .remove], \.mode,
                or: APIProblem(.badRequest, "bad-mode", "A mode is add or remove."))
        ])
}

/// A decision of a person; which members it needs depends on the kind.
struct Decide: Sendable {
    var kind = Decision.Kind.adjust
    var gtin: String?
    var subject: String?
    /// Of an undo the number of the decision.
    var quantity: Quantity?
    var lot: String?
    var reason: String?
    var photo: Int64?

    static let shape = BodyShape(
        "Decide", Self(),
        [
            .word(
                "kind", Decision.Kind.decided, \.kind,
                or: APIProblem(
                    .badRequest, "bad-decision",
                    "A decision is one of \(Decision.Kind.decided.map(\.rawValue).joined(separator: ", ")).")),
            .text(
                "gtin", 4200, \.gtin,
                or: APIProblem(.badRequest, "bad-gtin", "A GTIN is a text of 8 to 14 digits, or a code with one in it.")
            ),
            .text("subject", 4200, \.subject),
            .quantity(
                "quantity", Import.quantities, \.quantity,
                or: APIProblem(
                    .badRequest, "bad-quantity",
                    "A quantity is a number with three decimals at most, up to \(Import.quantities.upperBound).")),
            .line("lot", 40, \.lot), .line("reason", 300, \.reason), .integer("photo", 1...Int64.max, \.photo),
        ])
}

/// How what is still open is answered.
struct CloseDelivery: Sendable {
    var short: Decision.Kind?
    var extra: Decision.Kind?
    var unknown: Decision.Kind?
    var reason: String?
    /// Numbers of pictures of the goods (`POST /api/v1/photos`).
    var photos: [Int64] = []

    static let shape = BodyShape(
        "CloseDelivery", Self(),
        [
            .word("short", [.later, .never], \.short), .word("extra", [.accept, .refuse], \.extra),
            .word("unknown", [.ignore], \.unknown), .line("reason", 300, \.reason),
            .integers("photos", Decision.photoLimit, in: 1...Int64.max, \.photos),
        ])
}

/// Of what was decided at a depot and not done.
struct SettleProposal: Sendable {
    /// It is done, as a decision of whoever says so.
    var accept = false

    static let shape = BodyShape("SettleProposal", Self(), [.truth("accept", \.accept)])
}

struct OpenTake: Sendable {
    var zone = ""
    var sources: [String] = []
    /// Whoever counts does not see what should be there.
    var blind = true

    static let shape = BodyShape(
        "OpenTake", Self(),
        [
            .line("zone", 64, \.zone, or: .zoneNeeded), .lines("sources", 20, of: 64, \.sources),
            .truth("blind", \.blind),
        ])
}

struct PostTake: Sendable {
    /// Nothing else is there.
    var complete = false
    var reason: String?

    static let shape = BodyShape(
        "PostTake", Self(), [.truth("complete", \.complete), .line("reason", 300, \.reason)])
}

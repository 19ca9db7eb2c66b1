import Depot
import HTTPTypes
import Model

/// What is asked about calls and clients.
private enum Limit {
    /// Characters of a call's name: agent, phone and the exchange's id.
    static let call = 512
    static let callNeeded = APIProblem(.badRequest, "call-needed", "Say which call.")
    static let noClick = APIProblem(.badRequest, "number-needed", "Give the call, the number and the click's ULID.")
}

struct NameCall: Sendable {
    var call = ""

    static let shape = BodyShape("NameCall", Self(), [.text("call", Limit.call, \.call, or: Limit.callNeeded)])
}

struct WriteNote: Sendable {
    var call = ""
    /// The revision that was read; 0 where nothing stands yet.
    var base: Int64?
    var note: String?
    /// An empty one takes it away.
    var disposition: String?
    /// 0 takes it away.
    var party: Int64?

    static let shape = BodyShape(
        "WriteNote", Self(),
        [
            .text("call", Limit.call, \.call, or: Limit.callNeeded), .integer("base", 0...Int64.max, \.base),
            .paragraphs(
                "note", CallTable.noteLimit, \.note,
                or: APIProblem(
                    .badRequest, "note-too-long", "A note has at most \(CallTable.noteLimit) characters.")),
            .text("disposition", 60, \.disposition), .integer("party", 0...Int64.max, \.party),
        ])
}

struct Dial: Sendable {
    var number = ""
    var click = ""

    private static let needed = APIProblem(.badRequest, "number-needed", "Give a number and the click's ULID.")

    static let shape = BodyShape(
        "Dial", Self(), [.line("number", 64, \.number, or: needed), .click(\.click, or: needed)])
}

struct HangUp: Sendable {
    var call = ""
    var click = ""

    static let shape = BodyShape(
        "HangUp", Self(),
        [.text("call", Limit.call, \.call, or: Limit.noClick), .click(\.click, or: Limit.noClick)])
}

struct TransferCall: Sendable {
    var call = ""
    var number = ""
    var click = ""

    static let shape = BodyShape(
        "TransferCall", Self(),
        [
            .text("call", Limit.call, \.call, or: Limit.noClick), .line("number", 64, \.number, or: Limit.noClick),
            .click(\.click, or: Limit.noClick),
        ])
}

struct TakeMissed: Sendable {
    var call = ""
    /// False gives it to the others again.
    var take = true

    static let shape = BodyShape(
        "TakeMissed", Self(),
        [.text("call", Limit.call, \.call, or: Limit.callNeeded), .truth("take", \.take)])
}

struct SetReminder: Sendable {
    var call = ""
    /// Unix milliseconds.
    var due: Int64 = 0

    private static let needed = APIProblem(.badRequest, "call-needed", "Say which call, and when.")

    static let shape = BodyShape(
        "SetReminder", Self(),
        [
            .text("call", Limit.call, \.call, or: needed),
            .integer("due", Int64.min...Int64.max, \.due, or: needed),
        ])
}

struct SettleReminder: Sendable {
    /// False opens it again.
    var done = true

    static let shape = BodyShape("SettleReminder", Self(), [.truth("done", \.done)])
}

struct NewClient: Sendable {
    var name: String?
    var company: String?
    var numbers: [String] = []

    static let shape = BodyShape(
        "NewClient", Self(),
        [.line("name", 120, \.name), .line("company", 120, \.company), .lines("numbers", 10, of: 64, \.numbers)])
}

struct GiveNumber: Sendable {
    var number = ""
    /// False takes back one that was given here.
    var attach = true

    static let shape = BodyShape(
        "GiveNumber", Self(),
        [
            .line("number", 64, \.number, or: APIProblem(.badRequest, "number-needed", "Give a number.")),
            .truth("attach", \.attach),
        ])
}

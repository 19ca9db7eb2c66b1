import Depot
import HTTPTypes
import Model

extension APIProblem {
    static let reasonNeeded = APIProblem(
        .badRequest, "reopen-reason",
        "Say why, in \(Reopening.reasons.lowerBound) to \(Reopening.reasons.upperBound) characters.")

    init(_ error: ReopenError) {
        switch error {
        case .noSuchDelivery: self = .noDelivery
        case .expected:
            self.init(
                .conflict, "not-closed", "It was never closed, or nothing of it has come yet: open it as any other.")
        case .open(let who, let zone):
            let place = zone.map { " at \($0)" } ?? ""
            self.init(
                .conflict, "open-already", "\(who) has opened it\(place) already.",
                [("openedBy", .string(who)), ("zone", zone.map(JSON.string))])
        case .reasonNeeded: self = .reasonNeeded
        case .tooOld(let days):
            self.init(
                .conflict, "too-old",
                "It was closed more than \(days) days ago: count the goods, and correct it in the ERP.",
                [("days", .int(days))])
        case .tooOften:
            self.init(.conflict, "too-often", "It was opened again \(Reopening.most) times.")
        case .rest(let id, let note, let isBegun):
            self.init(
                .conflict, "rest-elsewhere",
                isBegun
                    ? "What was missing has been received as \(note): correct that one."
                    : "What is missing is expected as \(note): open that one.",
                [("delivery", .int(id)), ("rest", .string(note)), ("begun", .bool(isBegun))])
        }
    }
}

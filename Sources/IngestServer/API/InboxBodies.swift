import Depot
import HTTPTypes
import Model

/// What is asked of one's own inbox.
struct MarkNotice: Sendable {
    /// False makes it unread again.
    var read = true

    static let shape = BodyShape("MarkNotice", Self(), [.truth("read", \.read)])
}

struct MarkNotices: Sendable {
    var ids: [Int64] = []
    var read = true

    private static let needed = APIProblem(
        .badRequest, "ids-needed", "Say which: 1 to \(InboxDesk.idLimit) numbers.")

    static let shape = BodyShape(
        "MarkNotices", Self(),
        [.integers("ids", InboxDesk.idLimit, \.ids, or: needed), .truth("read", \.read)])
}

struct MarkAllNotices: Sendable {
    /// The newest fact that the person had been told of; what came since stays unread. Left out: all.
    var seq: Int64?

    static let shape = BodyShape("MarkAllNotices", Self(), [.integer("seq", 0...Int64.max, \.seq)])
}

struct SnoozeNotice: Sendable {
    /// Unix milliseconds; left out: back at once.
    var until: Int64?

    static let shape = BodyShape("SnoozeNotice", Self(), [.integer("until", Int64.min...Int64.max, \.until)])
}

struct TestNotice: Sendable {
    var text: String?

    static let shape = BodyShape("TestNotice", Self(), [.line("text", InboxDesk.textLimit, \.text)])
}

extension BodyShape.Field {
    /// Whole numbers, one to so many.
    static func integers(
        _ name: String, _ count: Int, _ path: Path<[Int64]>, or problem: APIProblem
    ) -> Self {
        Self(
            name: name, schema: .limited(.list(.integer), .init(length: 1...count)), problem: problem, isRequired: true
        ) { $1[keyPath: path] = ($0.list ?? []).compactMap(\.integer) }
    }
}

extension InboxDesk.Refusal {
    var problem: APIProblem {
        switch self {
        case .noEntry: .noNotice
        case .badTime: APIProblem(.unprocessableContent, "bad-time", "A time to come, within a year.")
        }
    }
}

extension APIProblem {
    static let noNotice = APIProblem(.notFound, "no-such-notice", "There is no such notice of yours.")
}

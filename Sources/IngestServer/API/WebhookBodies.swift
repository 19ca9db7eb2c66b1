import Depot
import HTTPTypes
import Model

/// What is asked of webhooks.
private enum Limit {
    static let nameNeeded = APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.")
    static let badAddress = APIProblem(
        .badRequest, "bad-address", "An address has at most \(WebhookAddress.limit) characters.")
}

struct NewWebhook: Sendable {
    var name = ""
    var url = ""
    /// Types of events; none: all.
    var types: [String] = []
    var isPersonal = false

    static let shape = BodyShape(
        "NewWebhook", Self(),
        [
            .line("name", 60, \.name, or: Limit.nameNeeded),
            .text("url", WebhookAddress.limit, \.url, or: Limit.badAddress),
            .lines("types", Webhook.typeLimits.count, of: Webhook.typeLimits.length, \.types),
            .truth("personal", \.isPersonal),
        ])
}

/// What is left out stays.
struct ChangeWebhook: Sendable {
    var change = WebhookDesk.Change()

    static let shape = BodyShape(
        "ChangeWebhook", Self(),
        [
            .line("name", 60, \.change.name), .text("url", WebhookAddress.limit, \.change.url, or: Limit.badAddress),
            .someLines("types", Webhook.typeLimits.count, of: Webhook.typeLimits.length, \.change.types),
            .truth("personal", \.change.isPersonal), .truth("disabled", \.change.isDisabled),
        ])
}

/// Another key.
struct RotateWebhook: Sendable {
    /// For how long the key of before signs too.
    var overlapHours: Int64?

    static let usual: Int64 = 24
    static let shape = BodyShape("RotateWebhook", Self(), [.integer("overlapHours", 0...168, \.overlapHours)])
}

/// From which entry of the ledger to which, or what was given up.
struct ReplayWebhook: Sendable {
    var from: Int64?
    var to: Int64?
    var isDead = false

    static let shape = BodyShape(
        "ReplayWebhook", Self(),
        [
            .integer("from", 1...Int64.max, \.from), .integer("to", 1...Int64.max, \.to), .truth("dead", \.isDead),
        ])
}

extension BodyShape.Field {
    /// Lines that may be left out, which is not the same as none.
    static func someLines(_ name: String, _ count: Int, of limit: Int, _ path: Path<[String]?>) -> Self {
        Self(
            name: name,
            schema: .limited(.list(.limited(.text, .init(length: 0...limit))), .init(length: 0...count)), problem: nil,
            isRequired: false, clean: { json in json.list.map { .array($0.compactMap(Typed.line)) } ?? json },
            take: { $1[keyPath: path] = ($0.list ?? []).compactMap(\.text) })
    }
}

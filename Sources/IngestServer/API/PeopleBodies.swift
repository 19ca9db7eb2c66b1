import Depot
import HTTPTypes
import Model

/// What is asked about people, and of pushes to the ERP. Secrets are bounded here, and judged where they are kept.
private enum Limit {
    static let secret = 4096
    static let nameNeeded = APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.")
}

/// A name with a password, a number with a PIN, a badge, or, while nobody has a password, a name.
struct SignIn: Sendable {
    var name: String?
    var password: String?
    var id: Int64?
    var pin: String?
    var badge: String?
    var station: String?
    /// With a password: of an authenticator app, or a recovery code.
    var code: String?

    static let shape = BodyShape(
        "SignIn", Self(),
        [
            .line("name", 60, \.name), .text("password", Limit.secret, \.password),
            .integer("id", 0...Int64.max, \.id), .text("pin", Limit.secret, \.pin), .line("badge", 128, \.badge),
            .line("station", 64, \.station), .line("code", 64, \.code),
        ])
}

struct ClaimTelephone: Sendable {
    /// Nil gives it back.
    var desk: String?

    static let bad = APIProblem(.badRequest, "bad-extension", "An extension has 1 to 16 letters and digits.")

    static func emergency(_ desk: String) -> APIProblem {
        APIProblem(
            .badRequest, "emergency-extension", "\(desk.prefix(40)) is an emergency number, and nobody's extension.")
    }

    static let shape = BodyShape("ClaimTelephone", Self(), [.text("extension", 64, \.desk, or: bad)])
}

/// How the pages look to me; what is left out stays.
struct Preferences: Sendable {
    var taste = Taste()

    static let badLanguage = APIProblem(
        .badRequest, "bad-language", "A language has 2 to 8 letters, as fr or en.")
    static let shape = BodyShape(
        "Preferences", Self(),
        [.word("theme", Taste.Theme.allCases, \.taste.theme), .line("language", 8, \.taste.language)])
}

struct ChangePassword: Sendable {
    var old: String?
    var new: String?

    static let shape = BodyShape(
        "ChangePassword", Self(), [.text("old", Limit.secret, \.old), .text("new", Limit.secret, \.new)])
}

/// What of a person is to be changed: what is left out stays, an empty text takes away.
struct ChangePerson: Sendable {
    var change = AccountChange()

    static let shape = BodyShape(
        "ChangePerson", Self(),
        [
            .text("password", Limit.secret, \.change.password), .text("pin", Limit.secret, \.change.pin),
            .text("badge", 128, \.change.badge), .words("rights", Permission.allCases, \.change.rights),
            .names("roles", 20, of: 40, \.change.roles), .object("scope", of: Scope.shape, \.change.scope),
            .truth("disabled", \.change.isDisabled), .truth("keepTokens", \.change.keepsTokens),
        ])
}

extension Scope {
    fileprivate subscript(named kind: Kind) -> Set<String>? {
        get { names[kind] }
        set { names[kind] = newValue.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// All of it: a kind that is left out is everything.
    static let shape = BodyShape(
        "ChangeScope", Scope(),
        Kind.allCases.map { .names($0.rawValue, limit, of: nameLimit, \.[named: $0]) })
}

/// What an own role may.
struct SetRole: Sendable {
    var actions: Set<Permission>?

    static let shape = BodyShape("SetRole", Self(), [.words("actions", Permission.allCases, \.actions)])
}

struct NewPerson: Sendable {
    var name = ""
    var change = AccountChange()

    static let shape = BodyShape(
        "NewPerson", Self(),
        [
            .line("name", 60, \.name, or: Limit.nameNeeded), .text("password", Limit.secret, \.change.password),
            .text("pin", Limit.secret, \.change.pin), .text("badge", 128, \.change.badge),
            .words("rights", Permission.allCases, \.change.rights),
            .names("roles", 20, of: 40, \.change.roles), .object("scope", of: Scope.shape, \.change.scope),
            .truth("disabled", \.change.isDisabled),
        ])
}

/// Try a push again.
struct RetryPush: Sendable {
    /// Names of warnings that were read.
    var accept: [String] = []

    static let shape = BodyShape("RetryPush", Self(), [.lines("accept", 50, of: 200, \.accept)])
}

struct MendPush: Sendable {
    /// An article to leave out, and of which lot; else an article, and the one of the catalogue that it is.
    var leave: String?
    var lot: String?
    var article: String?
    var product: String?

    /// With what stands before a reference or number: `#erp:`.
    private static let code = ArticleCode.lengths.upperBound + 5

    static let shape = BodyShape(
        "MendPush", Self(),
        [
            .line("leave", code, \.leave), .line("lot", 64, \.lot), .line("article", code, \.article),
            .line("product", code, \.product),
        ])
}

struct DropPush: Sendable {
    var reason = ""

    static let shape = BodyShape(
        "DropPush", Self(),
        [.line("reason", 300, \.reason, or: APIProblem(.badRequest, "reason-needed", "Say why."))])
}

import Depot
import HTTPTypes
import Model

/// What is asked about second factors and tokens. Bytes travel as base64 of RFC 4648, section 5.
private enum Limit {
    static let bytes = 12_000
    static let nameNeeded = APIProblem(.badRequest, "name-needed", "A name has 1 to 60 characters.")
    static let codeNeeded = APIProblem(.badRequest, "bad-code", "A code has six digits.")
    static let passkey = APIProblem(.badRequest, "bad-passkey", "This is not what a browser says of a passkey.")
}

struct ShowPasskey: Sendable {
    var credential = ""
    var client = ""
    var data = ""
    var signature = ""

    static let shape = BodyShape(
        "ShowPasskey", Self(),
        [
            .line("credential", 1400, \.credential, or: Limit.passkey),
            .line("clientData", Limit.bytes, \.client, or: Limit.passkey),
            .line("authenticatorData", Limit.bytes, \.data, or: Limit.passkey),
            .line("signature", Limit.bytes, \.signature, or: Limit.passkey),
        ])

    func shown() throws -> Accounts.ShownPasskey {
        Accounts.ShownPasskey(
            credential: credential, client: try PasskeyBytes.read(client), data: try PasskeyBytes.read(data),
            signature: try PasskeyBytes.read(signature))
    }
}

struct NewPasskey: Sendable {
    var name = ""
    var client = ""
    var attestation = ""

    static let shape = BodyShape(
        "NewPasskey", Self(),
        [
            .line("name", 60, \.name, or: Limit.nameNeeded),
            .line("clientData", Limit.bytes, \.client, or: Limit.passkey),
            .line("attestation", Limit.bytes, \.attestation, or: Limit.passkey),
        ])
}

enum PasskeyBytes {
    static func read(_ text: String) throws -> [UInt8] {
        guard let bytes = Base64URL.bytes(text) else { throw Limit.passkey }
        return bytes
    }
}

struct ConfirmCode: Sendable {
    var code = ""

    static let shape = BodyShape("ConfirmCode", Self(), [.line("code", 20, \.code, or: Limit.codeNeeded)])
}

struct ShowPassword: Sendable {
    var password: String?

    static let shape = BodyShape("ShowPassword", Self(), [.text("password", 4096, \.password)])
}

struct NewToken: Sendable {
    var name = ""
    var scopes: Set<Permission>?
    var isReader = false
    /// 90 where nothing is said.
    var days: Int64?

    static let shape = BodyShape(
        "NewToken", Self(),
        [
            .line("name", 60, \.name, or: Limit.nameNeeded), .words("scopes", Permission.allCases, \.scopes),
            .truth("readOnly", \.isReader),
            .integer("days", 1...TokenDesk.longest, \.days),
        ])
}

import Curl
import ERP
import Model
import Platform
import Settings

/// `[erp]`: which server, as whom, and how politely.
struct ERPSettings: Sendable {
    enum Kind: String, CaseIterable { case odoo, tryton }

    var kind: Kind
    var url: String
    var database: String?
    var user: String
    /// Where the password or key lies.
    var secret: String
    /// Tryton: the secret is a key for its REST interface.
    var usesKey: Bool
    /// Odoo: only receipts of this warehouse and of this company; by code, name or id.
    var warehouse: String?
    var company: String?
    /// Tryton: where damaged goods go; by code or name.
    var damaged: String?
    /// Users there by the names of people here, in small letters: of Odoo, and where people sign in with the ERP's passwords.
    var users: [String: String] = [:]
    var authority: String?
    var callsPerSecond: Int
    var pullMinutes: Int

    /// Whether damage that is found after a delivery was told has somewhere to go: Odoo scraps it.
    var setsAside: Bool { kind == .odoo || damaged != nil }

    /// Nil when something that it cannot do without is missing; the problem stands in the reader. `asksPasswords`: people sign in here with
    /// its passwords.
    init?(_ section: Section, asksPasswords: Bool = false) {
        let kind = section.string("kind", among: Kind.allCases.map(\.rawValue)).flatMap(Kind.init(rawValue:))
        let url = section.string("url")
        let user = section.string("user")
        let secret = section.string("secret")
        database = section.string("database")
        usesKey = section.boolean("key") ?? false
        warehouse = section.string("warehouse")
        company = section.string("company")
        damaged = section.string("damaged")
        let pairs = section.strings("users") ?? []
        authority = section.string("authority")
        callsPerSecond = section.integer("calls-per-second", in: 1...1000).map(Int.init) ?? 10
        pullMinutes = section.integer("pull-minutes", in: 1...1440).map(Int.init) ?? 15
        guard let kind, let url, let user, let secret else {
            if kind == nil { section.require("kind", "must be odoo or tryton") }
            if url == nil { section.require("url", "must be the server's address, https://HOST") }
            if user == nil { section.require("user", "must be the service's own user there") }
            if secret == nil { section.require("secret", "must be credential:NAME or file:PATH") }
            return nil
        }
        if !secret.hasPrefix("credential:"), !secret.hasPrefix("file:") {
            section.reject("secret", "must be credential:NAME or file:PATH; a secret never stands in this file")
        }
        let isPlain = url.hasPrefix("http://")
        let host = url.dropFirst(isPlain ? 7 : 8).prefix { $0 != "/" && $0 != ":" }
        if !isPlain && !url.hasPrefix("https://") || url.contains("@") || host.isEmpty {
            section.reject("url", "must be https://HOST, without a user or password")
        } else if isPlain, host != "localhost", !host.hasPrefix("127.") {
            section.reject("url", "sends the password in the clear: use https, or a server on this machine")
        }
        if kind == .tryton, database == nil { section.require("database", "must be the database's name") }
        if let damaged, kind != .tryton || !(1...200).contains(damaged.count) {
            section.reject(
                "damaged",
                kind == .tryton
                    ? "must be the code or name of a place in Tryton" : "is of Tryton: Odoo scraps what is damaged")
        }
        (self.kind, self.url, self.user, self.secret) = (kind, url, user, secret)
        if kind == .tryton, !pairs.isEmpty, !asksPasswords {
            section.reject("users", "is of Odoo: Tryton gets a note, which is nobody's")
        }
        if asksPasswords, kind == .odoo, database == nil {
            section.require("database", "must be the database's name: [sign-in] erp-passwords asks there")
        }
        takeUsers(pairs, section)
    }

    /// `"Nadia = nadia@firm.example"`: a person here and their login, e-mail or name there.
    private mutating func takeUsers(_ pairs: [String], _ section: Section) {
        if pairs.count > ERPSettings.userLimit {
            section.reject("users", "names at most \(ERPSettings.userLimit) people")
        }
        for pair in pairs.prefix(ERPSettings.userLimit) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
            guard parts.count == 2, parts.allSatisfy({ (1...200).contains($0.count) }) else {
                section.reject("users", "must say \"PERSON = USER\", not \"\(pair.prefix(60))\"")
                continue
            }
            if users.updateValue(parts[1], forKey: parts[0].lowercased()) != nil {
                section.reject("users", "names \(parts[0]) twice")
            }
        }
    }

    private static let userLimit = 500

    /// A connector with the secret as it is now: a renewed key needs no restart.
    func connector(_ wire: @escaping ERPWire) throws -> any ERPConnector {
        let secret = try Files.secret(secret)
        let today: @Sendable () -> String = { String(rfc3339(Clocks.wall).prefix(10)) }
        switch kind {
        case .odoo:
            return OdooConnector(
                database: database, user: user, secret: secret, warehouse: warehouse, company: company, users: users,
                wire: wire, today: today)
        case .tryton:
            return TrytonConnector(
                database: database ?? "", user: user, secret: secret, usesKey: usesKey, warehouse: warehouse,
                damaged: damaged, wire: wire, today: today)
        }
    }
}

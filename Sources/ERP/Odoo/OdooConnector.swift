import Model

/// Odoo 14 to 19 (External API). Signs in once and keeps the user's id; a refused password is remembered and not tried
/// again until there is a new connector. Pushes go one after the other: two validations at once hurt (odoo#78786).
public actor OdooConnector: ERPConnector {
    /// What the probe found out.
    struct Session: Sendable {
        var door: OdooDoor
        var version: ERPVersion
        /// The number of the series before its dot.
        var major: Int
        /// Nil: no stock module, or no right to it.
        var names: OdooNames?
        /// Why there are no names: the server's own sentence.
        var stockFault: ERPFault?
        var units = OdooUnits()
        /// The user's language, `fr_FR`: what names and refusals are asked in.
        var lang: String?
        /// The user's id.
        var uid: Int64?
        /// Operation types that decide about back-orders before the caller does: `always`, `never` (17 and later).
        var backorderRules: [Int64: String] = [:]
        /// Rights, modules and languages change: asked again after this.
        var until: ContinuousClock.Instant
    }

    /// How long a session, and what was found out in it, is believed.
    static let sessionTime = Duration.seconds(3600)

    let database: String?
    let user: String
    let secret: String
    /// Only what is of this warehouse, and of this company: code, name or id; nil: all that the user sees.
    let warehouse: String?
    let company: String?
    /// Users there by the names of people here, in small letters: login, e-mail or name.
    let users: [String: String]
    let wire: ERPWire
    let today: @Sendable () -> String
    let now: @Sendable () -> ContinuousClock.Instant

    var session: Session?
    private var refusal: ERPFault?
    private let signingIn = OdooTurn()
    let pushing = OdooTurn()

    /// Products by id, five minutes each.
    var products: [Int64: (product: ERPProduct, until: ContinuousClock.Instant)] = [:]
    /// Whether partners have `mobile`, `phone_sanitized`, `phone_mobile_search`.
    var partnerFields: Set<String>?
    /// Whether stock is counted on `stock.quant` (15 and later).
    var countsOnQuants: Bool?
    /// Whether there are bills of materials (module mrp); nil: not asked yet.
    var hasKits: Bool?
    /// Where packaging codes are; nil: not asked yet, empty: nowhere.
    var packagingModel: String?
    /// What the user may not do, for people; nil: not asked yet.
    private var missingRights: [String]?
    /// The company's id there; nil: not asked yet.
    private var companyID: Int64?
    /// What `warehouse` and `company` are there; nil: not asked yet.
    var scope: OdooScope?
    /// Where tickets are; nil: not asked yet.
    var ticketSource: OdooTicketSource?

    /// `secret`: a password or an API key. `database` may be nil where the server has one only. `today` is the
    /// depot's day, `YYYY-MM-DD`. `warehouse`, `company`: which receipts are shown, by code, name or id. `users`: by the names of people here,
    /// in small letters, their logins, e-mail addresses or names there.
    public init(
        database: String?, user: String, secret: String, warehouse: String? = nil, company: String? = nil,
        users: [String: String] = [:], wire: @escaping ERPWire,
        today: @escaping @Sendable () -> String,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.database = database
        self.user = user
        self.secret = secret
        self.warehouse = warehouse
        self.company = company
        self.users = users
        self.wire = wire
        self.today = today
        self.now = now
    }

    // MARK: Calls

    /// Sends a call through the door that the probe found, and gives its result.
    func send(_ call: OdooCall) async throws(ERPFault) -> JSON {
        let session = try await signedIn()
        return try await send(try await dressed(call, session), through: session.door)
    }

    /// With the user's language, and with the company where one is set.
    private func dressed(_ call: OdooCall, _ session: Session) async throws(ERPFault) -> OdooCall {
        var call = session.inItsLanguage(call)
        // The company's own record is looked for among all that the user may see.
        let isNamed = call.context.contains { $0.name == "allowed_company_ids" }
        if company != nil, !isNamed, !Session.bare.contains(call.method), call.model != "res.company",
            let id = try await ownCompany()
        {
            call.context.append(JSON.Member("allowed_company_ids", .ids([id])))
        }
        return call
    }

    /// The id of the company that is set; nil where none is.
    func ownCompany() async throws(ERPFault) -> Int64? {
        guard let company else { return nil }
        if let companyID { return companyID }
        let id = try await named("res.company", company, fields: ["name"], "company")
        companyID = id
        return id
    }

    /// The records that a search or a read gave.
    func records(_ call: OdooCall) async throws(ERPFault) -> [JSON] { try await send(call).list ?? [] }

    private func send(_ call: OdooCall, through door: OdooDoor) async throws(ERPFault) -> JSON {
        if let refusal { throw refusal }
        let reply = try await wire(door.request(call))
        do {
            return try OdooAnswer.result(of: reply, door: door.kind, isReading: call.isReading)
        } catch {
            if error.kind == .credentials, session != nil { refusal = error }
            // A card hides what its reader may not see; what stock needs is asked again by the next probe.
            if error.kind == .right, call.model.hasPrefix("stock.") { missingRights = nil }
            throw error
        }
    }

    func planned(_ calls: [OdooCall]) async throws(ERPFault) -> PushOutcome {
        let session = try await signedIn()
        var requests: [ERPRequest] = []
        for call in calls { requests.append(session.door.planned(try await dressed(call, session))) }
        return .planned(requests)
    }

    // MARK: Probe

    /// Signs in, and asks once what the user may do: what is missing stands in the remarks.
    public func probe() async throws(ERPFault) -> ERPVersion {
        var version = try await signedIn().version
        if missingRights == nil { missingRights = try await askRights() }
        version.remarks += missingRights ?? []
        return version
    }

    func signedIn() async throws(ERPFault) -> Session {
        if let refusal { throw refusal }
        if let session, session.until > now() { return session }
        await signingIn.take()
        defer { signingIn.give() }
        if let refusal { throw refusal }
        if let session, session.until > now() { return session }
        forget()
        let found = try await signIn()
        session = found
        return found
    }

    /// What the server and the user can do is asked again: after an hour, and where a right was missing.
    func forget() {
        (session, missingRights, companyID, scope) = (nil, nil, nil, nil)
        (partnerFields, countsOnQuants, packagingModel, ticketSource, hasKits) = (nil, nil, nil, nil, nil)
    }

    /// What stock needs; `.unsupported` where the module or the right is missing.
    func stockNames() async throws(ERPFault) -> OdooNames {
        let session = try await signedIn()
        guard let names = session.names else {
            if let fault = session.stockFault, fault.kind == .right {
                forget()
                throw fault
            }
            throw ERPFault(.unsupported, "This Odoo has no stock module, or the user may not see it.")
        }
        return names
    }

    private func signIn() async throws(ERPFault) -> Session {
        let series = try await series()
        guard let major = OdooConnector.major(of: series) else {
            throw ERPFault(.foreign, "A server of series “\(series.prefix(40))” is unknown.")
        }
        guard major >= 14 else {
            throw ERPFault(.unsupported, "Odoo \(series) is too old: 14 is the first that works.")
        }
        if major >= 19 {
            let door = OdooDoor(kind: .json2, database: database, secret: secret)
            do {
                return try await session(door, series: series, major: major)
            } catch  where [.credentials, .foreign].contains(error.kind) {
                // A password and no key, or a front end that keeps this door shut: the older one is there to 19.
            }
        }
        let database = try await databaseName()
        let credentials: [JSON] = [.string(database), .string(user), .string(secret), .members([])]
        let request = OdooDoor.service("common", "authenticate", credentials, summary: "common.authenticate")
        let answer = try OdooAnswer.result(of: try await wire(request))
        guard let uid = answer.integer else {
            let fault = ERPFault(.credentials, "Odoo refuses this user and password or key.")
            refusal = fault
            throw fault
        }
        let door = OdooDoor(kind: .jsonrpc(uid: uid), database: database, secret: secret)
        return try await session(door, series: series, major: major)
    }

    private func series() async throws(ERPFault) -> String {
        let reply = try await wire(OdooDoor.version)
        if [429, 503].contains(reply.status) { _ = try OdooAnswer.result(of: reply) }
        if reply.status == 200, let version = (try? JSON(parsing: reply.body))?["version"]?.odooText { return version }
        let answer = try OdooAnswer.result(of: try await wire(OdooDoor.commonVersion))
        guard let series = answer["server_serie"]?.odooText ?? answer["server_version"]?.odooText else {
            throw ERPFault(.foreign, "What answers is no Odoo.")
        }
        return series
    }

    /// `17` of `17.0`, `saas~17.2` and `17.0+e-20260101`.
    static func major(of series: String) -> Int? {
        let digits = series.drop { !("0"..."9").contains($0) }.prefix { ("0"..."9").contains($0) }
        return Int(digits)
    }

    /// `/jsonrpc` needs the database's name; a server with one only may say it.
    private func databaseName() async throws(ERPFault) -> String {
        if let database { return database }
        let missing = ERPFault(.unsupported, "This server has several databases or hides their names: name yours.")
        let reply = try await wire(OdooDoor.service("db", "list", [], summary: "db.list"))
        guard let names = try? OdooAnswer.result(of: reply).list, names.count == 1, let name = names[0].odooText
        else { throw missing }
        return name
    }

    private func session(_ door: OdooDoor, series: String, major: Int) async throws(ERPFault) -> Session {
        var remarks: [String] = []
        if door.kind == .json2 {
            remarks.append("An API key of Odoo 19 lasts three months unless a role says otherwise.")
        }
        var names: OdooNames?
        var stockFault: ERPFault?
        do {
            let lines = try await send(.fields("stock.move.line", OdooNames.lineFields), through: door)
            let pickings = try await send(.fields("stock.picking", OdooNames.pickingFields), through: door)
            names = OdooNames(lines: lines, pickings: pickings)
        } catch  where [.right, .unsupported].contains(error.kind) {
            remarks.append(error.sentence)
            stockFault = error
        }
        if names == nil { remarks.append("Receptions and stock takes are not possible: no stock module, or no right.") }
        let version = ERPVersion(product: "odoo", series: series, door: door.name, remarks: remarks)
        var session = Session(
            door: door, version: version, major: major, names: names, stockFault: stockFault,
            until: now() + OdooConnector.sessionTime)
        if case .jsonrpc(let uid) = door.kind { session.uid = uid }
        // Before 17 there are none, and a field that is not there is an error.
        if major >= 16, names != nil { session.backorderRules = try await backorderRules(door) }
        do {
            let units = OdooCall.search(
                "uom.uom", [], ["name", "factor", "rounding"], order: "id",
                context: [JSON.Member("active_test", false)])
            // The hosted versions between 18 and 19 have the factors of 19.
            session.units = OdooUnits(
                try await send(units, through: door).list ?? [], isSize: major >= 19 || series.hasPrefix("saas~18."))
            let user = try await send(OdooCall(model: "res.users", method: "context_get"), through: door)
            session.lang = user["lang"]?.odooText
            session.uid = session.uid ?? user["uid"]?.integer
        } catch  where [.right, .unsupported, .rule].contains(error.kind) {
            session.version.remarks.append("Units of measure are not known: \(error.sentence)")
        }
        return session
    }

    /// None where the server does not know of such rules, or the user may not see them.
    private func backorderRules(_ door: OdooDoor) async throws(ERPFault) -> [Int64: String] {
        do {
            let types = OdooCall.search(
                "stock.picking.type", [.clause("create_backorder", "in", ["always", "never"])], ["create_backorder"],
                order: "id")
            var rules: [Int64: String] = [:]
            for type in try await send(types, through: door).list ?? [] {
                if let id = type["id"]?.integer { rules[id] = type["create_backorder"]?.odooText }
            }
            return rules
        } catch  where [.right, .unsupported, .rule].contains(error.kind) {
            return [:]
        }
    }

    /// Where a person sees a record.
    func path(_ model: String, _ id: Int64) -> String? {
        guard let session else { return nil }
        return session.major >= 18 ? "/odoo/\(model)/\(id)" : "/web#id=\(id)&model=\(model)&view_type=form"
    }
}

extension OdooConnector.Session {
    /// Methods that are asked without a context.
    static let bare = ["fields_get", "context_get", "check_access_rights", "has_access", "has_group"]

    /// Names as the depot says them: without a language Odoo gives them as they were first entered.
    func inItsLanguage(_ call: OdooCall) -> OdooCall {
        guard let lang, !Self.bare.contains(call.method), !call.context.contains(where: { $0.name == "lang" }) else {
            return call
        }
        var call = call
        call.context.insert(JSON.Member("lang", .string(lang)), at: 0)
        return call
    }
}

import Model

/// Tryton 6.0 to 8.x (trytond/protocols): JSON-RPC with a session, or REST with an application key from 8.0 on.
///
/// Signs in at the first call and keeps the session; a session that ended is renewed once per call. Credentials
/// that were refused are not tried again: Tryton bars a user after five tries.
public actor TrytonConnector: ERPConnector {
    let database: String
    let user: String
    private let secret: String
    let usesKey: Bool
    /// Code or name; nil is the only one there is.
    let warehouseName: String?
    /// Where damaged goods go: code or name of a place; nil leaves them with the good ones.
    let damagedName: String?
    private let wire: ERPWire
    let today: @Sendable () -> String

    /// Found by the first call.
    private var codec: TrytonCodec?
    private var version: ERPVersion?
    /// Raised with every login, so that calls that fail together sign in once.
    private var generation = 0
    private var signingIn: Task<Result<TrytonCodec, TrytonError>, Never>?
    private var refused: ERPFault?
    /// Seconds to wait after the next refusal for too many tries: doubled each time.
    private var pause = 30
    /// The user's id there; REST does not say it.
    private(set) var userID: Int64?

    var warehouse: TrytonWarehouse?
    var companyCurrency: (id: Int64, code: String)?
    /// Module stock_lot; nil until a product was read.
    var hasLots: Bool?
    /// Nil before they were asked for.
    private var missingRights: [String]?
    /// Module purchase.
    var hasPurchases = true
    /// Module stock_lot_sled: lots have an expiry date.
    var hasExpiry = true

    public init(
        database: String, user: String, secret: String, usesKey: Bool, warehouse: String?, damaged: String? = nil,
        wire: @escaping ERPWire, today: @escaping @Sendable () -> String
    ) {
        self.database = database
        self.user = user
        self.secret = secret
        self.usesKey = usesKey
        self.warehouseName = warehouse
        self.damagedName = damaged
        self.wire = wire
        self.today = today
    }

    /// Three to five calls: version (a second one before 8.0), login, preferences and rights; a key needs no login. Later one, the
    /// rights, until none is missing.
    public func probe() async throws(ERPFault) -> ERPVersion {
        do throws(TrytonError) {
            _ = try await signedIn()
            if missingRights != [] { missingRights = try await rightsThatAreMissing() + damagedPlaceThatIsMissing() }
        } catch {
            throw error.asFault
        }
        guard var version else { throw ERPFault(.foreign, "The server did not say its version.") }
        version.remarks += missingRights ?? []
        return version
    }

    /// Where the web client (sao) shows a record: trytond/url.py writes such addresses.
    func path(_ model: String, _ id: Int64) -> String { "/#\(database)/model/\(model)/\(id)" }

    /// The last step of a receipt: named `done` up to 7.0, `do` since.
    var lastStep: String { codec?.isModern == true ? "do" : "done" }

    /// The company of the user's preferences.
    var companyID: Int64? { codec?.context.first { $0.name == "company" }?.value.integer }

    // MARK: Calls

    /// Rows of a search.
    func rows(_ call: TrytonCall) async throws(TrytonError) -> [JSON] {
        let result = try await send(call)
        guard let rows = result.list else { throw .fault(ERPFault(.foreign, "A search was not answered with a list.")) }
        return rows
    }

    func created(_ call: TrytonCall) async throws(TrytonError) -> [Int64] {
        let result = try await send(call)
        guard let ids = result.list?.compactMap(\.integer), !ids.isEmpty else {
            throw .fault(ERPFault(.foreign, "A creation was not answered with ids."))
        }
        return ids
    }

    /// Sends a call; the last request's result where it takes several. A right that is missing is named with its model.
    @discardableResult
    func send(_ call: TrytonCall) async throws(TrytonError) -> JSON {
        let count = try await signedIn().requests(call).count
        var result = JSON.null
        do throws(TrytonError) {
            for index in 0..<count {
                result = try await once(call, index)
            }
        } catch {
            guard case .fault(let fault) = error, fault.kind == .right else { throw error }
            throw .fault(ERPFault(.right, "\(call.model), the right to \(call.right): \(fault.sentence)"))
        }
        return result
    }

    /// Sends a call that may be met with a warning; a warning of a kind that was accepted is skipped: the rest of its name is a hash
    /// of records, which changes with them. Each line of a purchase warns by itself. Over REST a warning has no name and cannot
    /// be skipped.
    func send(_ call: TrytonCall, accepting accepted: Set<String>) async throws(TrytonError) {
        for _ in 0..<200 {
            do throws(TrytonError) {
                try await send(call)
                return
            } catch {
                guard case .warning(let name, _) = error, !name.isEmpty, !usesKey,
                    accepted.contains(TrytonError.kind(ofWarning: name))
                else { throw error }
                let skip = [JSON.Member("name", .string(name)), JSON.Member("always", false)]
                try await send(TrytonCall(model: "res.user.warning", verb: .method("skip", arguments: skip)))
            }
        }
        throw .fault(ERPFault(.rule, "The server warns again and again."))
    }

    /// Somebody wrote meanwhile, or the outcome is unknown: what is there is read again and decided anew, once.
    func twice<Outcome>(_ attempt: () async throws(TrytonError) -> Outcome) async throws(ERPFault) -> Outcome {
        var isSecond = false
        while true {
            do throws(TrytonError) {
                return try await attempt()
            } catch {
                let isWorthAnother = error == .stale || error == .advanced || error.kind == .unknownOutcome
                guard isWorthAnother, !isSecond else { throw error.asFault }
                isSecond = true
            }
        }
    }

    /// The requests of a call as a dry run shows them: without the authorisation.
    func plan(_ call: TrytonCall) async throws(TrytonError) -> [ERPRequest] {
        try await signedIn().requests(call).map { request in
            var shown = request
            shown.headers.removeAll { $0.name == "Authorization" }
            return shown
        }
    }

    private func once(_ call: TrytonCall, _ index: Int) async throws(TrytonError) -> JSON {
        for isRepeated in [false, true] {
            let codec = try await signedIn()
            let used = generation
            do throws(TrytonError) {
                return try read(try await answer(codec.requests(call)[index]))
            } catch {
                guard error == .noSession else { throw error }
                if usesKey { throw refuse("The server refuses the key.") }
                if isRepeated { throw refuse("The server ended the session twice.") }
                if used == generation { self.codec?.authorization = nil }
            }
        }
        throw .noSession
    }

    private func read(_ reply: ERPReply) throws(TrytonError) -> JSON {
        usesKey ? try TrytonReply.record(reply) : try TrytonReply.result(reply)
    }

    private func answer(_ request: ERPRequest) async throws(TrytonError) -> ERPReply {
        do throws(ERPFault) {
            return try await wire(request)
        } catch {
            throw .fault(error)
        }
    }

    // MARK: Signing in

    /// Ready to call; signs in where there is no session, once for all who wait.
    private func signedIn() async throws(TrytonError) -> TrytonCodec {
        if let refused { throw .fault(refused) }
        if let codec, codec.authorization != nil { return codec }
        if let signingIn { return try await signingIn.value.get() }
        let task = Task { () -> Result<TrytonCodec, TrytonError> in
            do throws(TrytonError) {
                return .success(try await self.signIn())
            } catch {
                return .failure(error)
            }
        }
        signingIn = task
        let result = await task.value
        signingIn = nil
        return try result.get()
    }

    private func signIn() async throws(TrytonError) -> TrytonCodec {
        var codec = if let codec { codec } else { try await found() }
        var preferences = JSON.null
        for isSecond in [false, true] {
            codec.authorization = usesKey ? "Bearer \(secret)" : try await login(codec)
            codec.context = []
            do throws(TrytonError) {
                preferences = try read(try await answer(codec.requests(Self.preferences)[0]))
                break
            } catch {
                guard error == .noSession else { throw error }
                if usesKey { throw try await refusedKey(codec) }
                if isSecond { throw refuse("The server ended the session twice.") }
            }
        }
        let kept = ["company", "companies", "language", "groups", "employee"]
        codec.context = (preferences.fields ?? []).filter { kept.contains($0.name) && $0.value != .null }
        if preferences["company"]?.integer == nil, version?.remarks.contains(Self.noCompany) == false {
            version?.remarks.append(Self.noCompany)
        }
        self.codec = codec
        generation += 1
        pause = 30
        return codec
    }

    private static let preferences = TrytonCall(
        model: "res.user", verb: .method("get_preferences", arguments: [JSON.Member("context_only", true)]))

    /// A database that is not there is a 401 as well.
    private func refusedKey(_ codec: TrytonCodec) async throws(TrytonError) -> TrytonError {
        if let known = try? await databases(codec), !known.contains(database) {
            return .fault(ERPFault(.gone, "The server has no database \(database)."))
        }
        return refuse("The server refuses the key.")
    }

    private static let noCompany = "The user has no company: stock cannot be read."

    /// Which series answers, and where: 8.x under `/rpc/`, earlier ones under `/` (they answer 401 to the former).
    private func found() async throws(TrytonError) -> TrytonCodec {
        var isModern = true
        var reply = try await answer(TrytonCodec.server("common.server.version", path: "/rpc/"))
        if [401, 404, 405].contains(reply.status) {
            isModern = false
            reply = try await answer(TrytonCodec.server("common.server.version", path: "/"))
        }
        let result: JSON
        do throws(TrytonError) {
            result = try TrytonReply.result(reply)
        } catch {
            guard [.noSession].contains(error) || error.kind == .gone else { throw error }
            throw .fault(ERPFault(.foreign, "This is no Tryton: it does not say its version."))
        }
        guard let text = result.text, let major = text.split(separator: ".").first.flatMap({ Int($0) }) else {
            throw .fault(ERPFault(.foreign, "This is no Tryton: it does not say its version."))
        }
        guard major >= 6 else { throw .fault(ERPFault(.unsupported, "Tryton \(text) is older than 6.0.")) }
        if usesKey, !isModern {
            throw .fault(ERPFault(.unsupported, "Tryton \(text) has no keys: a password is needed."))
        }
        var remarks: [String] = []
        if usesKey {
            remarks = [
                "Over REST the server does not notice what somebody changes between our reading and our writing.",
                "Over REST a warning cannot be accepted: what is received unordered or in excess needs a person there.",
            ]
        }
        if major > 8 { remarks.append("Tryton \(text) is newer than what was tried.") }
        version = ERPVersion(product: "tryton", series: text, door: usesKey ? "rest" : "session", remarks: remarks)
        return TrytonCodec(database: database, isModern: isModern, usesKey: usesKey)
    }

    private func login(_ codec: TrytonCodec) async throws(TrytonError) -> String {
        let reply = try await answer(codec.login(user: user, secret: secret))
        if reply.status == 401 {
            if let known = try? await databases(codec), !known.contains(database) {
                throw .fault(ERPFault(.gone, "The server has no database \(database)."))
            }
            throw refuse("The server refuses the user or the password.")
        }
        if reply.status == 429 {
            defer { pause = min(pause * 2, 3600) }
            let after = reply.headers["retry-after"].flatMap { Int($0) } ?? pause
            throw .fault(ERPFault(.busy, "The server bars the user after too many logins.", retryAfter: after))
        }
        let result: JSON
        do throws(TrytonError) {
            result = try TrytonReply.result(reply)
        } catch {
            if case .fault(let fault) = error, fault.kind == .credentials { refused = fault }
            throw error
        }
        guard let id = result.list?.first?.integer, let token = result.list?.dropFirst().first?.text else {
            throw .fault(ERPFault(.foreign, "The login was not answered with a session."))
        }
        userID = id
        return TrytonCodec.header(user: user, id: id, token: token)
    }

    private func databases(_ codec: TrytonCodec) async throws(TrytonError) -> [String] {
        let reply = try await answer(TrytonCodec.server("common.db.list", path: codec.isModern ? "/rpc/" : "/"))
        return try TrytonReply.result(reply).list?.compactMap(\.text) ?? []
    }

    /// Remembers that these credentials are wrong: every later call fails without asking the server.
    private func refuse(_ sentence: String) -> TrytonError {
        let fault = ERPFault(.credentials, sentence)
        refused = fault
        return .fault(fault)
    }
}

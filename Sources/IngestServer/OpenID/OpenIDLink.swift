import Curl
import Depot
import Followers
import Model
import Platform

/// The connection to one provider: its document, its keys, codes for tokens. Whoever waits for it is a person at the sign-in page; all
/// others sign in meanwhile.
actor OpenIDLink {
    /// Longest answer, in bytes: keys with their certificates are some 30 kB.
    static let answerLimit = 256 * 1024
    /// Longest wait for one, in seconds.
    static let seconds = 10
    /// The document is asked for again after this, in milliseconds; after this where it was not to be had.
    static let life: Int64 = 3_600_000
    static let pause: Int64 = 5000

    nonisolated let settings: OpenIDSettings
    private let wire: HookWire
    private var known: (provider: OpenIDProvider, at: Int64)?
    private var failed: (fault: OpenIDFault, at: Int64)?
    private var looking: Task<Result<OpenIDProvider, OpenIDFault>, Never>?
    private var keys = OpenIDKeys()
    private var keyTrouble: (fault: OpenIDFault, at: Int64)?
    private var spent = SpentStates()
    /// How far the provider's clock was ahead of ours when it last said, in seconds.
    private(set) var ahead: Int64?

    init(_ settings: OpenIDSettings) {
        self.settings = settings
        let allowed = settings.allowed
        let rules = HookWire.Rules(
            mayPlain: settings.issuer.hasPrefix("http://"), authority: settings.authority,
            section: "sign-in.\(settings.name)"
        ) { allowed.permits($0) }
        wire = HookWire(rules.reading(bytes: OpenIDLink.answerLimit, seconds: OpenIDLink.seconds))
    }

    // MARK: the document

    /// Asked once for all who wait; what was known is kept where it does not answer now.
    func provider() async throws(OpenIDFault) -> OpenIDProvider {
        let now = Clocks.wall
        if let known, abs(now - known.at) < OpenIDLink.life { return known.provider }
        if let failed, abs(now - failed.at) < OpenIDLink.pause {
            guard let known, failed.fault.kind == .away else { throw failed.fault }
            return known.provider
        }
        let task =
            looking
            ?? Task { () -> Result<OpenIDProvider, OpenIDFault> in
                do throws(OpenIDFault) {
                    let document = try await self.get(OpenIDProvider.document(of: self.settings.issuer))
                    return .success(try OpenIDProvider(document, issuer: self.settings.issuer))
                } catch { return .failure(error) }
            }
        looking = task
        let result = await task.value
        looking = nil
        switch result {
        case .success(let provider): (known, failed) = ((provider, Clocks.wall), nil)
        case .failure(let fault):
            failed = (fault, Clocks.wall)
            if let known, fault.kind == .away { return known.provider }
        }
        return try result.get()
    }

    /// Whether its document and its keys can be used.
    func look() async throws(OpenIDFault) { try await fetchKeys(try await provider()) }

    /// As it was last seen; nothing is asked.
    var lastSeen: OpenIDProvider? { known?.provider }

    // MARK: a sign-in

    /// What the provider says of who comes back with `answer`. Throws `OpenIDFault`.
    func token(_ start: OpenIDStart, _ answer: OpenIDStart.Answer, back: String) async throws -> OpenIDToken {
        let provider = try await provider()
        let code = try OpenIDStart.code(in: answer, of: provider)
        guard spent.spend(start.state, at: Clocks.wall) else {
            throw OpenIDFault(.expired, "this answer was used already")
        }
        let said = try await exchange(code, start, provider, back: back)
        guard let text = said["id_token"]?.text else { throw OpenIDFault(.wrong, "the answer has no id_token") }
        let expected = start.expected(issuer: settings.issuer, client: settings.client)
        let token = try await read(provider) { try OpenIDToken(text, keys: $0, expected: expected, now: $1) }
        guard settings.groups != nil && token.texts(settings.groupsClaim) == nil || token.names.isEmpty,
            let address = provider.userinfo, let access = said["access_token"]?.text
        else { return token }
        return try token.adding(try await get(address, [("Authorization", "Bearer \(access)")]))
    }

    /// What a logout token ends. Throws `OpenIDFault`.
    func logout(_ text: String) async throws -> OpenIDLogout {
        let (issuer, client) = (settings.issuer, settings.client)
        return try await read(try await provider()) {
            try OpenIDLogout(text, keys: $0, issuer: issuer, client: client, now: $1)
        }
    }

    /// By the keys as they are; once by fresh ones, where the token names one that is not among them.
    private func read<T>(
        _ provider: OpenIDProvider, _ body: ([ProviderKey], _ now: Int64) throws -> T
    ) async throws -> T {
        if keys.areOld(at: Clocks.wall) { try await fetchKeys(provider) }
        if let read = try keys.read({ try body($0, Clocks.wall / 1000) }) { return read }
        if keys.mayAsk(at: Clocks.wall) {
            try await fetchKeys(provider)
            if let read = try keys.read({ try body($0, Clocks.wall / 1000) }) { return read }
        }
        throw OpenIDFault(.token, "the token is signed by a key that the provider does not have")
    }

    private func fetchKeys(_ provider: OpenIDProvider) async throws(OpenIDFault) {
        // Strangers may bring tokens: what was not to be had is not asked for at each of them.
        if let keyTrouble, abs(Clocks.wall - keyTrouble.at) < OpenIDLink.pause { throw keyTrouble.fault }
        do throws(OpenIDFault) {
            let keys = ProviderKey.all(in: try await get(provider.keys))
            guard !keys.isEmpty else { throw OpenIDFault(.wrong, "none of the provider's keys can be used here") }
            self.keys.take(keys, at: Clocks.wall)
            keyTrouble = nil
        } catch {
            keyTrouble = (error, Clocks.wall)
            throw error
        }
    }

    private func exchange(
        _ code: String, _ start: OpenIDStart, _ provider: OpenIDProvider, back: String
    ) async throws(OpenIDFault) -> JSON {
        var headers = [("Content-Type", "application/x-www-form-urlencoded")]
        var secret: String?
        if let reference = settings.secret {
            do { secret = try Files.secret(reference) } catch { throw OpenIDFault(.secret, "\(error)") }
        }
        if let value = secret, !provider.secretInForm {
            // RFC 6749 §2.3.1: both are form-encoded first.
            let pair = "\(FormText.encoded(settings.client)):\(FormText.encoded(value))"
            headers.append(("Authorization", "Basic \(FormText.base64(pair))"))
            secret = nil
        }
        let form = start.form(code: code, client: settings.client, secret: secret, back: back)
        let (status, said) = try await ask(provider.token, headers, Array(form.utf8))
        guard status != 200 else { return said }
        let why = OpenIDFault.short(
            "\(said["error"]?.text ?? "status \(status)") \(said["error_description"]?.text ?? "")")
        switch said["error"]?.text {
        case "invalid_client", "unauthorized_client":
            throw OpenIDFault(.secret, "the provider refuses this client: \(why)")
        case "invalid_grant": throw OpenIDFault(.expired, "the provider does not know this code: \(why)")
        default:
            throw OpenIDFault(status == 429 || status >= 500 ? .away : .wrong, "the provider gives no token: \(why)")
        }
    }

    // MARK: requests

    private func get(_ url: String, _ headers: [(String, String)] = []) async throws(OpenIDFault) -> JSON {
        let (status, said) = try await ask(url, headers, nil)
        guard status == 200 else {
            throw OpenIDFault(status == 429 || status >= 500 ? .away : .wrong, "\(url) answers with status \(status)")
        }
        return said
    }

    private func ask(
        _ url: String, _ headers: [(String, String)], _ body: [UInt8]?
    ) async throws(OpenIDFault) -> (status: Int, said: JSON) {
        let accept = [("Accept", "application/json")]
        let reply = await wire.send(
            HookWire.Request(
                url: url, headers: accept + headers, body: body ?? [], method: body == nil ? "GET" : "POST"))
        guard let status = reply.status else { throw OpenIDFault(.away, "\(url): \(reply.text)") }
        if let date = reply.date { ahead = date - Clocks.wall / 1000 }
        guard reply.isWhole else {
            throw OpenIDFault(.wrong, "\(url) answers with more than \(OpenIDLink.answerLimit) bytes")
        }
        guard let said = try? JSON(parsing: reply.text), said.isObject else {
            guard status == 200 else { return (status, .members([])) }
            throw OpenIDFault(.wrong, "\(url) answers with what is no JSON object")
        }
        return (status, said)
    }
}

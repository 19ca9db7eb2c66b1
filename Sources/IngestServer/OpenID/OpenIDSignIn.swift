import Depot
import Logging
import Model
import Platform

/// Signing in and out by providers: what a browser brings, what the provider says of it, and the desk that lets in.
struct OpenIDSignIn: Sendable {
    /// Answers by what became of them, for metrics.
    struct Counts: Sendable {
        var good: UInt64 = 0
        var refused: [OpenIDFault.Kind: UInt64] = [:]
        /// Sessions that a provider ended.
        var ended: UInt64 = 0
    }

    let links: [OpenIDLink]
    let counts = Locked<[String: Counts]>([:])
    private let address: String
    private let writer: Writer
    private let live: LiveView
    private let troubles: Troubles

    init(_ settings: SignInSettings, writer: Writer, live: LiveView, logger: Logger) {
        links = settings.providers.map { OpenIDLink($0) }
        (address, self.writer, self.live, troubles) = (settings.address ?? "", writer, live, Troubles(logger))
    }

    func link(_ name: String) -> OpenIDLink? { links.first { $0.settings.name == name } }

    /// Cookies for https alone.
    var isSecure: Bool { address.hasPrefix("https://") }

    private func back(_ link: OpenIDLink) -> String { "\(address)/api/v1/openid/\(link.settings.name)/back" }

    /// The same address under the name that the provider sends people back to; nil where `host` is that already. Only there the browser
    /// would have the cookie.
    func elsewhere(_ host: String?, _ path: String) -> String? {
        let own = address.split(separator: "/").last.map { $0.lowercased() }
        return host?.lowercased() == own ? nil : address + path
    }

    /// Where the browser goes, and what it keeps meanwhile. Throws `OpenIDFault`.
    func begin(_ link: OpenIDLink, place: String?) async throws(OpenIDFault) -> (address: String, start: OpenIDStart) {
        let start = OpenIDStart(provider: link.settings.name, place: place, at: Clocks.wall)
        do {
            let provider = try await link.provider()
            let address = start.address(
                at: provider, client: link.settings.client, scopes: link.settings.scopes, back: back(link))
            return (address, start)
        } catch {
            note(error, link)
            throw error
        }
    }

    /// Who came back. Throws `OpenIDFault`: who is refused is counted, and the trail is told.
    func finish(
        _ link: OpenIDLink, _ start: OpenIDStart, _ answer: OpenIDStart.Answer, from source: String, browser: String,
        token: String
    ) async throws -> Person {
        let key = SignInKey.openID(link.settings.name, from: source)
        do { try await writer.run { try $0.signIn.begin(key, from: source, at: $1) } } catch is SignInRefusal {
            throw OpenIDFault(.busy, "too many tries")
        }
        do {
            let said = try await link.token(start, answer, back: back(link))
            let visitor = link.settings.visitor(said)
            let entered = try await writer.run {
                try $0.openID.admit(
                    visitor, by: key, session: Digests.hex(token), from: source, browser: browser, at: $1)
            }
            if entered.endsSessions { await live.signedOut(person: entered.person.id) }
            await live.signedIn(entered.person)
            counts.with { $0[link.settings.name, default: Counts()].good += 1 }
            return entered.person
        } catch let fault as OpenIDFault {
            note(fault, link)
            // Nobody tried anything: the provider is away, or the person thought better of it.
            if fault.kind == .away || fault.kind == .denied || fault.kind == .secret {
                try await writer.run { desks, _ in try desks.signIn.withdrawn(key, from: source) }
            } else {
                let who = "by \(link.settings.name)"
                try await writer.run { try $0.signIn.refused(key, who: who, from: source, at: $1) }
            }
            throw fault
        }
    }

    /// A browser whose answer was no answer of it.
    func note(_ fault: OpenIDFault, _ link: OpenIDLink) {
        let name = link.settings.name
        counts.with { $0[name, default: Counts()].refused[fault.kind, default: 0] += 1 }
        // Strangers can cause it as often as they like.
        troubles.again(
            "a sign-in by a provider failed", of: "\(name)/\(fault.kind.rawValue)", .warning,
            ["provider": "\(name)", "kind": "\(fault.kind.rawValue)", "reason": "\(fault)"])
    }

    /// Ends what a logout token names; how many sessions have ended. Throws `OpenIDFault`.
    func logout(_ link: OpenIDLink, _ token: String) async throws -> Int {
        do {
            let logout = try await link.logout(token)
            let issuer = link.settings.issuer
            let digests = try await writer.run { desks, _ in try desks.openID.end(logout, issuer: issuer) }
            for digest in digests { await live.signedOut(digest) }
            counts.with { $0[link.settings.name, default: Counts()].ended += UInt64(digests.count) }
            return digests.count
        } catch let fault as OpenIDFault {
            note(fault, link)
            throw fault
        }
    }

    /// Where whoever leaves here leaves there, too; nil where the session is of no provider, or that has no such place.
    func leaving(session token: String) async -> String? {
        guard !links.isEmpty,
            let issuer = try? await live.read({ try $0.openID.issuer(session: Digests.hex(token)) }),
            let link = links.first(where: { $0.settings.issuer == issuer })
        else { return nil }
        return await link.lastSeen?.leaving(client: link.settings.client, back: address + "/")
    }
}

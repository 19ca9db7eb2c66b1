import Depot
import HTTPTypes
import Hummingbird
import Model
import Platform

/// The three addresses that a browser, or a provider, comes to. A person is sent on with a code that the page words, never shown a problem.
struct OpenIDEndpoints {
    let signIn: OpenIDSignIn

    /// Longest form of a provider, in bytes: a token and its name.
    private static let formLimit = 64 * 1024

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/openid/{name}/start",
                "Sign in by a provider: on to its page; ?to= is the page afterwards",
                needs: .anybody, answers: .elsewhere
            ) { incoming in try await start(incoming) },
            Endpoint(
                .get, "/api/v1/openid/{name}/back",
                "Where a provider sends people back to, ?code= and ?state=, or ?error=, and ?iss=", needs: .anybody,
                answers: .elsewhere
            ) { incoming in try await finish(incoming) },
            Endpoint(
                .post, "/api/v1/openid/{name}/logout",
                "Somebody left at a provider: its form holds a logout_token (OpenID Connect Back-Channel Logout 1.0)",
                body: .bytes, needs: .anybody, answers: .done
            ) { incoming in
                let link = try link(incoming)
                let form = String(decoding: try await incoming.bytes(limit: OpenIDEndpoints.formLimit), as: UTF8.self)
                let pair = form.split(separator: "&").first { $0.hasPrefix("logout_token=") }
                guard let pair, let token = Typed.decoded(String(pair.dropFirst(13))) else {
                    throw APIProblem(.badRequest, "openid-token", "The form has no logout_token.")
                }
                do { _ = try await signIn.logout(link, token) } catch let fault as OpenIDFault {
                    let status: HTTPResponse.Status = fault.kind == .away ? .serviceUnavailable : .badRequest
                    throw APIProblem(status, fault.code, "The logout token was not taken: \(fault).")
                }
                return .json(.members([]))
            },
        ]
    }

    private func link(_ incoming: Incoming) throws -> OpenIDLink {
        guard let link = incoming.parameters.get("name").flatMap(signIn.link) else {
            throw APIProblem(.notFound, "no-such-provider", "No provider has that name here.")
        }
        return link
    }

    private func start(_ incoming: Incoming) async throws -> Response {
        let link = try link(incoming)
        let (name, place) = (link.settings.name, incoming.query("to"))
        // Once: a proxy may have changed the name.
        if !incoming.flag("moved") {
            let path = "/api/v1/openid/\(name)/start?moved=1" + (place.map { "&to=\(FormText.encoded($0))" } ?? "")
            if let elsewhere = signIn.elsewhere(incoming.request.head.authority, path) { return .elsewhere(elsewhere) }
        }
        do {
            let (address, start) = try await signIn.begin(link, place: place)
            var response = Response.elsewhere(address)
            response.headers[.setCookie] = cookie(start.cookie, name, seconds: OpenIDStart.cookieLife)
            return response
        } catch { return failed(error, link, place: nil) }
    }

    private func finish(_ incoming: Incoming) async throws -> Response {
        let link = try link(incoming)
        let kept = Cookies.value("quai_openid", incoming.request.headers[.cookie])
        let answer = OpenIDStart.Answer(
            code: incoming.query("code"), error: incoming.query("error"), issuer: incoming.query("iss"))
        var response: Response
        do {
            let start: OpenIDStart
            do {
                start = try OpenIDStart(
                    cookie: kept, provider: link.settings.name, state: incoming.query("state"), at: Clocks.wall)
            } catch {
                signIn.note(error, link)
                throw error
            }
            let token = Digests.newToken()
            do {
                _ = try await signIn.finish(
                    link, start, answer, from: incoming.source, browser: incoming.browser, token: token)
                response = .elsewhere(start.place)
                response.headers[values: .setCookie] = [
                    Cookies.session(token, life: SessionWay.life, isSecure: signIn.isSecure)
                ]
            } catch let fault as OpenIDFault { response = failed(fault, link, place: start.place) }
        } catch let fault as OpenIDFault { response = failed(fault, link, place: nil) }
        // It counts once.
        response.headers[values: .setCookie].append(cookie("", link.settings.name, seconds: 0))
        return response
    }

    /// `Lax`: the way back begins at the provider. Nothing else is sent to.
    private func cookie(_ value: String, _ name: String, seconds: Int64) -> String {
        "quai_openid=\(value); Path=/api/v1/openid/\(name); HttpOnly; SameSite=Lax; Max-Age=\(seconds)"
            + (signIn.isSecure ? "; Secure" : "")
    }

    private func failed(_ fault: OpenIDFault, _ link: OpenIDLink, place: String?) -> Response {
        .elsewhere("\(place ?? "/")?refused=\(fault.code)&by=\(link.settings.name)")
    }
}

extension Response {
    /// See there (RFC 9110 §15.4.4).
    static func elsewhere(_ address: String) -> Response {
        Response(status: .seeOther, headers: [.location: address])
    }
}

import ERP
import ERPPeers
import Testing

/// A stand-in and connectors to it.
struct OdooDesk {
    let peer: OdooPeer
    let series: Int

    init(
        _ series: Int, absent: Set<String> = ["helpdesk.ticket", "crm.lead"],
        _ change: (inout OdooServer) -> Void = { _ in }
    ) {
        var server = OdooServer(series: series, absent: absent)
        change(&server)
        self.series = series
        peer = OdooPeer(server)
    }

    /// A new one, as after a restart. The manager may apply a stock take in every series. From 19 on with a key,
    /// through JSON-2, unless told otherwise.
    func connector(_ user: String = "manager", secret: String? = nil) -> OdooConnector {
        OdooConnector(
            database: "depot", user: user, secret: secret ?? "\(user)-\(series >= 19 ? "key" : "secret")",
            wire: peer.wire,
            today: { "2026-11-22" })
    }

    var server: OdooServer { get async { await peer.server } }

    /// The fault of something that must not work.
    static func fault<T>(_ act: () async throws(ERPFault) -> T) async -> ERPFault? {
        do throws(ERPFault) {
            _ = try await act()
            return nil
        } catch {
            return error
        }
    }

    /// For every call of a push: the connector dies before it, or after it has worked; a new one pushes again. The
    /// first run without an accident says how many calls there are.
    static func everyCrash(
        _ series: Int, secret: String? = nil, prepare: (inout OdooServer) -> Void = { _ in },
        push: (OdooConnector) async throws(ERPFault) -> PushOutcome, check: (OdooServer, String) -> Void
    ) async throws {
        let whole = OdooDesk(series, prepare)
        _ = try await push(whole.connector(secret: secret))
        check(await whole.server, "no accident")
        let count = await whole.peer.requests.count
        #expect(count >= 4)
        for call in 1...count {
            for isAfter in [false, true] {
                let desk = OdooDesk(series, prepare)
                await desk.peer.die(at: call, afterEffect: isAfter)
                let place = "series \(series), dead \(isAfter ? "after" : "before") call \(call) of \(count)"
                let dead = await fault { () async throws(ERPFault) in try await push(desk.connector(secret: secret)) }
                #expect(dead?.kind == .unreachable, "\(place)")
                await desk.peer.revive()
                let again = await fault { () async throws(ERPFault) in try await push(desk.connector(secret: secret)) }
                #expect(again == nil, "\(place)")
                check(await desk.server, place)
            }
        }
    }
}

extension PushOutcome {
    var sentence: String? {
        if case .done(_, let sentence) = self { sentence } else { nil }
    }
    var id: String? {
        if case .done(let id, _) = self { id } else { nil }
    }
    var plan: [ERPRequest] {
        if case .planned(let requests) = self { requests } else { [] }
    }
}

import Curl
import ERP
import Model
import Platform

/// Asks the ERP whether somebody knows their password there: by connections of their own, so that no push waits for a sign-in. Nothing is
/// kept but how often it said no.
final class ERPPasswords: Sendable {
    enum Verdict: Equatable, Sendable {
        case right
        case wrong
        /// Nobody there is this person.
        case unknown
        /// It does not answer, or is not to be asked now.
        case away
    }

    /// Refusals within a minute after which it is asked no more: Odoo then bars this machine, its connector among them
    /// (`base.login_cooldown_after`, 5), and Tryton the user.
    static let refusals = 4
    static let minute: Int64 = 60_000

    struct Counts: Sendable {
        var right: UInt64 = 0
        var wrong: UInt64 = 0
        var away: UInt64 = 0
    }

    private let settings: ERPSettings
    private let wire: ERPWire
    private let refused = Locked<[Int64]>([])
    let counts = Locked(Counts())

    init(_ settings: ERPSettings, wire: ERPWire? = nil) {
        self.settings = settings
        if let wire {
            self.wire = wire
        } else {
            let http = CurlWire(url: settings.url, authority: settings.authority)
            self.wire = { request throws(ERPFault) in try await http.send(request) }
        }
    }

    func ask(_ secret: String, of name: String, at now: Int64) async -> Verdict {
        guard let login = settings.users[name.lowercased()], let database = settings.database, !secret.isEmpty else {
            return .unknown
        }
        // A place is taken before it is asked: many at once are many.
        let mayAsk = refused.with { list in
            list.removeAll { abs(now - $0) >= ERPPasswords.minute }
            guard list.count < ERPPasswords.refusals else { return false }
            list.append(now)
            return true
        }
        guard mayAsk else { return count(.away) }
        do {
            let isRight =
                switch settings.kind {
                case .odoo: try await OdooConnector.knows(secret, login: login, database: database, wire: wire)
                case .tryton: try await TrytonConnector.knows(secret, login: login, database: database, wire: wire)
                }
            if isRight { giveBack(now) }
            return count(isRight ? .right : .wrong)
        } catch {
            // It was not asked, or did not say no.
            giveBack(now)
            return count(.away)
        }
    }

    private func giveBack(_ now: Int64) {
        refused.with { list in list.firstIndex(of: now).map { _ = list.remove(at: $0) } }
    }

    private func count(_ verdict: Verdict) -> Verdict {
        counts.with {
            switch verdict {
            case .right: $0.right += 1
            case .wrong: $0.wrong += 1
            case .away: $0.away += 1
            case .unknown: break
            }
        }
        return verdict
    }
}

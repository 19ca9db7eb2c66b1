import Depot
import Model
import Platform

/// An access file as a person reads it: one HTML page without anything from elsewhere, to be printed or sent.
struct AccessPage {
    let text: String

    init(_ file: AccessTable.File, _ t: ReportLanguage) {
        let title = t("", fr: "Ce qui est conservé sur \(file.subject)", en: "What is kept about \(file.subject)")
        var out = """
            <!doctype html>
            <html lang="\(t == .fr ? "fr" : "en")"><head><meta charset="utf-8"><title>\(AccessPage.escaped(title))</title>
            <style>body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1em;border-top:1px solid #999;padding:.5em 0;margin:0}
            dt{color:#555}dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}</style></head><body>
            <h1>\(AccessPage.escaped(title))</h1>
            <p>\(AccessPage.escaped(AccessPage.foreword(file, t)))</p>

            """
        for place in file.places {
            let name = PersonalWords.place(place.table, t)
            let more = place.hasMore ? t("", fr: " et plus", en: " and more") : ""
            out += "<h2>\(AccessPage.escaped(name)) (\(place.rows.count)\(more))</h2>\n"
            for row in place.rows {
                out += "<dl>"
                for member in row.fields ?? [] {
                    let shown = AccessPage.shown(member, t)
                    guard !shown.isEmpty else { continue }
                    out += "<dt>\(AccessPage.escaped(PersonalWords.column(member.name, t)))</dt>"
                    out += "<dd>\(AccessPage.escaped(shown))</dd>"
                }
                out += "</dl>\n"
            }
        }
        text = out + "</body></html>\n"
    }

    private static func foreword(_ file: AccessTable.File, _ t: ReportLanguage) -> String {
        let when = Reports.time(file.at, t)
        guard file.count > 0 else {
            return t("", fr: "Fait le \(when). Rien n’est conservé.", en: "Made on \(when). Nothing is kept.")
        }
        return t(
            "",
            fr:
                "Fait le \(when), article 15 du RGPD. Ce que sait l’ERP, les sauvegardes et ce que les passerelles n’ont pas encore envoyé n’y est pas.",
            en:
                "Made on \(when), GDPR article 15. What the ERP knows, backups, and what gateways have not sent yet are not in it."
        )
    }

    /// Moments as such; documents as they are.
    private static func shown(_ member: JSON.Member, _ t: ReportLanguage) -> String {
        switch member.value {
        case .string(let text): return text
        case .int(let number):
            return PersonalWords.moments.contains(member.name) && number > 100_000_000_000
                ? Reports.time(number, t) : String(number)
        case .null: return ""
        default: return member.value.description
        }
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { out, sign in
            switch sign {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(sign)
            }
        }
    }
}

/// What people call the places of the database and what stands there.
enum PersonalWords {
    static let moments: Set<String> = [
        "at", "created", "started", "answered", "ended", "captured", "received", "due", "told", "done", "taken",
        "since",
        "seen", "expires", "issued", "opened", "closed", "read", "snoozed", "until",
    ]

    static func place(_ table: String, _ t: ReportLanguage) -> String {
        places[table].map { t(table, fr: $0.fr, en: $0.en) } ?? table
    }

    static func column(_ name: String, _ t: ReportLanguage) -> String {
        columns[name].map { t(name, fr: $0.fr, en: $0.en) } ?? name
    }

    static let places: [String: (fr: String, en: String)] = [
        "party": ("Fiche client", "Client"), "party_number": ("Numéros de téléphone", "Telephone numbers"),
        "call": ("Appels", "Calls"), "call_note": ("Notes d’appel", "Notes on calls"),
        "call_desk": ("Postes qui ont pris part aux appels", "Telephones that took part in calls"),
        "missed": ("Appels manqués", "Missed calls"), "reminder": ("Rappels prévus", "Call-backs"),
        "command": ("Appels lancés d’un clic", "Calls by click"),
        "record": ("Messages reçus du standard", "Messages received from the exchange"),
        "dead_letter": ("Messages qui n’ont pas pu être traités", "Messages that could not be applied"),
        "erp_job": ("Envois vers l’ERP", "Pushes to the ERP"),
        "erp_call": ("Échanges avec l’ERP", "Exchanges with the ERP"),
        "exchange_entry": ("Lignes de fichiers pour l’ERP", "Lines of files for the ERP"),
        "exchange_read": ("Comptes rendus de fichiers", "Reports on files"),
        "notice": ("Avis", "Notices"), "inbox": ("Boîtes de réception", "Inboxes"),
        "delivery": ("Livraisons", "Deliveries"), "delivery_detail": ("Mentions des bons", "Details of papers"),
        "decision": ("Décisions à la réception", "Decisions at receiving"),
        "reopening": ("Réouvertures", "Reopenings"), "photo": ("Photos", "Pictures"),
        "movement": ("Mouvements de stock", "Stock movements"), "stock_take": ("Inventaires", "Stock takes"),
        "label": ("Étiquettes nommées", "Named labels"), "page_scan": ("Lectures par une page", "Scans by a page"),
        "user": ("Compte", "Account"), "session": ("Sessions", "Sessions"), "desk": ("Poste téléphonique", "Telephone"),
        "sign_in_try": ("Essais de connexion", "Tries to sign in"),
        "sign_in_refusal": ("Connexions refusées", "Refused sign-ins"),
        "inbox_preference": ("Préférences d’avis", "Preferences of notices"),
        "inbox_quiet": ("Heures calmes", "Quiet hours"),
        "depot_decision": ("Décisions prises au dépôt", "Decisions at the depot"),
        "user_role": ("Rôles", "Roles"), "user_scope": ("Limites des rôles", "Scopes of roles"),
        "one_time_code": ("Application de codes", "App with codes"),
        "recovery_code": ("Codes de secours", "Recovery codes"), "passkey": ("Clés d’accès", "Passkeys"),
        "token": ("Jetons de programmes", "Tokens of programs"),
        "openid_identity": ("Comptes extérieurs", "Outside accounts"),
        "screen": ("Écrans liés à un quai", "Screens bound to docks"),
        "sign_in_place": ("Lieux de connexion", "Places of sign-in"),
        "channel": ("Moyens d’être prévenu", "Ways of being told"),
        "channel_choice": ("Choix par moyen", "Choices by way"),
        "channel_habit": ("Habitudes d’avis", "Habits of being told"), "duty": ("Astreintes", "Duties"),
        "escalation": ("Avis passés plus loin", "Notices that went on"),
        "escalation_step": ("Étapes de ces avis", "Steps of those"),
        "desired": ("Configurations envoyées", "Configurations that were set"),
        "agent_grant": ("Passerelles confirmées", "Gateways that were confirmed"),
        "rollout": ("Déploiements de versions", "Roll-outs of versions"),
        "agent_invitation": ("Passerelles invitées", "Gateways that were invited"),
        "webhook": ("Webhooks créés", "Webhooks that were added"), "entry": ("Journal", "Trail"),
    ]

    private static let columns: [String: (fr: String, en: String)] = [
        "name": ("Nom", "Name"), "company": ("Société", "Company"), "reference": ("Référence", "Reference"),
        "number": ("Numéro", "Number"), "key": ("Clé", "Key"), "created": ("Créé", "Created"),
        "created_by": ("Créé par", "Created by"), "who": ("Par", "By"), "at": ("Quand", "When"),
        "started": ("Début", "Start"), "answered": ("Répondu", "Answered"), "ended": ("Fin", "End"),
        "snapshot": ("Appel", "Call"), "note": ("Note", "Note"), "disposition": ("Motif", "Disposition"),
        "station": ("Écran", "Station"), "reason": ("Raison", "Reason"), "kind": ("Nature", "Kind"),
        "subject": ("Sujet", "Subject"), "detail": ("Détail", "Detail"), "payload": ("Contenu", "Content"),
        "data": ("Contenu", "Content"), "due": ("Échéance", "Due"), "supplier": ("Fournisseur", "Supplier"),
        "client": ("Client", "Client"), "zone": ("Zone", "Zone"), "site": ("Site", "Site"),
        "rights": ("Droits", "Rights"), "seen": ("Vu", "Seen"), "expires": ("Expire", "Expires"),
    ]
}

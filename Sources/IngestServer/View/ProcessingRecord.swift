import Depot
import Model
import Settings
import Sheets

/// The record of processing activities (GDPR, article 30), from the configuration as it is: what is not done here is not in it. What only
/// people know (the controller, a legal basis other than the usual one) stands beside it in their own register.
struct ProcessingRecord {
    let configuration: IngestConfiguration

    init(_ configuration: IngestConfiguration) { self.configuration = configuration }

    struct Activity: Equatable {
        var purpose: String
        var people: String
        var data: String
        var recipients: String
        var period: String
    }

    func activities(_ t: ReportLanguage) -> [Activity] {
        let rules = configuration.retention
        func kept(_ kinds: Retention...) -> String {
            kinds.map { kind in
                let days = rules[kind]
                let what = t(
                    kind.rawValue, fr: ProcessingRecord.words[kind]?.fr ?? "",
                    en: ProcessingRecord.words[kind]?.en ?? "")
                guard days > 0 else { return t("\(what)=0", fr: "\(what) : sans limite", en: "\(what): no limit") }
                return t("\(what)=\(days)", fr: "\(what) : \(days) jours", en: "\(what): \(days) days")
            }.joined(separator: " · ")
        }
        let house = t("house", fr: "salariés habilités", en: "staff with the right")
        let erp =
            configuration.erp.map { [t("erp", fr: "ERP", en: "ERP") + " " + (HostName.ofURL($0.url) ?? "")] } ?? []
        let files = configuration.exchange == nil ? [] : [t("files", fr: "fichiers d’échange", en: "exchange files")]
        let others = [t("webhooks", fr: "webhooks « clients et appels »", en: "webhooks “clients and calls”")]
        let link =
            configuration.cardLink == nil
            ? [] : [t("card-url", fr: "page du site (card-url)", en: "the site's page (card-url)")]
        let syslog = configuration.syslog.map { ["syslog \($0.host)"] } ?? []
        func given(_ more: [String]) -> String { ([house] + more).joined(separator: ", ") }
        return [
            Activity(
                purpose: t(
                    "telephony", fr: "Téléphonie : savoir qui appelle, rappeler, noter",
                    en: "Telephony: know who calls, call back, note"),
                people: t("callers", fr: "clients, appelants, agents", en: "clients, callers, agents"),
                data: t(
                    "call-data", fr: "numéro, nom, heures, durée, poste, note, motif",
                    en: "number, name, times, length, telephone, note, disposition"),
                recipients: given(erp + link + others), period: kept(.calls, .notes)),
            Activity(
                purpose: t(
                    "receiving", fr: "Réception : prouver ce qui a été livré et par qui",
                    en: "Receiving: prove what was delivered and by whom"),
                people: t("drivers", fr: "livreurs, fournisseurs, magasiniers", en: "drivers, suppliers, dock staff"),
                data: t(
                    "delivery-data", fr: "nom et signature, photos, décisions, écran",
                    en: "name and signature, pictures, decisions, station"),
                recipients: given(erp + files), period: kept(.photos, .signatures)),
            Activity(
                purpose: t(
                    "stock", fr: "Lectures RFID et codes-barres des marchandises", en: "RFID and barcode reads of goods"
                ),
                people: t("scanners", fr: "magasiniers (lectures par une page)", en: "dock staff (scans by a page)"),
                data: t("scan-data", fr: "étiquette, zone, heure, qui a lu", en: "tag, zone, time, who scanned"),
                recipients: given(erp + files), period: kept(.reads, .pageScans)),
            Activity(
                purpose: t("accounts", fr: "Comptes et sécurité des accès", en: "Accounts and security of access"),
                people: t("staff", fr: "salariés", en: "staff"),
                data: t(
                    "account-data", fr: "nom, droits, empreintes des secrets (argon2id), sessions, essais",
                    en: "name, rights, digests of secrets (argon2id), sessions, tries"),
                recipients: house,
                period: t(
                    "account", fr: "tant que le compte existe ; session 30 jours, au quai 12 heures",
                    en: "as long as the account exists; a session 30 days, at a dock 12 hours")),
            Activity(
                purpose: t(
                    "trail", fr: "Journal : qui a fait quoi, qui a consulté qui",
                    en: "Trail: who did what, who looked at whom"),
                people: t("staff", fr: "salariés", en: "staff"),
                data: t(
                    "trail-data", fr: "nom, action, sujet, raison, écran, heure",
                    en: "name, deed, subject, reason, station, time"),
                recipients: given(syslog), period: kept(.trail, .cardViews)),
            Activity(
                purpose: t("notices", fr: "Avis aux personnes concernées", en: "Notices to whom they concern"),
                people: t("staff", fr: "salariés", en: "staff"),
                data: t("notice-data", fr: "avis, lu, reporté", en: "notice, read, snoozed"), recipients: house,
                period: kept(.inbox)),
        ]
    }

    /// GDPR, article 32, as far as the configuration says.
    func measures(_ t: ReportLanguage) -> [String] {
        var out = [
            t(
                "", fr: "Secrets : argon2id ; sessions par jeton dont seule l’empreinte est gardée",
                en: "Secrets: argon2id; sessions by a token of which only the digest is kept"),
            t(
                "", fr: "Droits par personne ; sans le droit « personal » les numéros et noms sont masqués",
                en: "Rights by person; without the right “personal” numbers and names are masked"),
            t(
                "", fr: "Journal chaîné, vérifiable (edge-ingest audit verify)",
                en: "A chained trail that can be verified (edge-ingest audit verify)"),
            t(
                "", fr: "Effacement écrit par-dessus dans le fichier (edge-ingest erase)",
                en: "Erasure overwrites the file (edge-ingest erase)"),
        ]
        out.append(
            configuration.broker.hasPrefix("mqtts://")
                ? t("", fr: "Passerelles : MQTT sur TLS", en: "Gateways: MQTT over TLS")
                : t(
                    "", fr: "Passerelles : MQTT sans TLS (\(configuration.broker))",
                    en: "Gateways: MQTT without TLS (\(configuration.broker))"))
        out.append(
            configuration.pages != nil
                ? t("", fr: "Pages : TLS 1.2 ou 1.3", en: "Pages: TLS 1.2 or 1.3")
                : configuration.isLoopback
                    ? t(
                        "", fr: "Pages : cette machine seule, TLS par le mandataire",
                        en: "Pages: this machine alone, TLS by the proxy")
                    : t(
                        "", fr: "Pages : sans TLS sur \(configuration.address)",
                        en: "Pages: without TLS on \(configuration.address)"))
        if configuration.webhooks.mayPlain {
            out.append(t("", fr: "Webhooks : http permis", en: "Webhooks: plain http is allowed"))
        }
        return out
    }

    func sheet(_ t: ReportLanguage) -> Sheet {
        Sheet(
            title: t("processing", fr: "Registre des traitements", en: "Record of processing"),
            subtitle: [
                (t("", fr: "Installation", en: "Installation"), configuration.instance),
                (
                    t("", fr: "Base", en: "Basis"),
                    t(
                        "", fr: "RGPD, article 30 ; d’après la configuration en service",
                        en: "GDPR, article 30; from the configuration in use")
                ),
            ],
            columns: [
                .init(t("purpose", fr: "Finalité", en: "Purpose"), width: 26),
                .init(t("people", fr: "Personnes", en: "People"), width: 20),
                .init(t("data", fr: "Données", en: "Data"), width: 28),
                .init(t("recipients", fr: "Destinataires", en: "Recipients"), width: 26),
                .init(t("period", fr: "Durées", en: "Periods"), width: 28),
            ],
            rows: activities(t).map {
                [.text($0.purpose), .text($0.people), .text($0.data), .text($0.recipients), .text($0.period)]
            }, footer: t == .machine ? [] : measures(t))
    }

    private static let words: [Retention: (fr: String, en: String)] = [
        .calls: ("appels", "calls"), .notes: ("notes", "notes"), .cardViews: ("consultations", "views"),
        .trail: ("journal", "trail"), .reads: ("lectures", "reads"), .photos: ("photos", "pictures"),
        .signatures: ("signatures", "signatures"), .inbox: ("avis", "notices"),
        .pageScans: ("lectures de pages", "scans of pages"),
    ]
}

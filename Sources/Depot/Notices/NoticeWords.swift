/// How a notice is worded where no page does it: its title in each language, with `{subject}`, `{detail}` and `{site}` in their
/// places. A page has a catalogue of its own and is given the type and the arguments.
public struct NoticeWords: Equatable, Sendable {
    public enum Language: String, CaseIterable, Sendable { case fr, en }

    /// The longest template, in characters: a title is one line of an e-mail.
    public static let longest = 200

    /// What a template may name.
    public static let places: Set<String> = ["subject", "detail", "site"]

    /// Those that somebody changed; the others are as they come.
    private var changed: [NoticeType: [Language: String]] = [:]

    public init() {}

    /// Why a template was not taken, for people.
    public enum Fault: Error, Equatable, CustomStringConvertible {
        case unknownType(String)
        case unknownPlace(String)
        case openBrace
        case length

        public var description: String {
            switch self {
            case .unknownType(let name): "there is no notice \"\(name)\""
            case .unknownPlace(let name):
                "a notice has no {\(name)}: {subject}, {detail} and {site} can be written"
            case .openBrace: "a { is not closed"
            case .length: "a template has between 1 and \(NoticeWords.longest) characters, in one line"
            }
        }
    }

    /// Another template for a type; throws `Fault` and leaves what was.
    public mutating func change(_ type: String, _ language: Language, to template: String) throws {
        guard let known = NoticeType(rawValue: type) else { throw Fault.unknownType(type) }
        guard (1...NoticeWords.longest).contains(template.count), !template.contains(where: \.isNewline) else {
            throw Fault.length
        }
        _ = try NoticeWords.fill(template) { name in
            guard NoticeWords.places.contains(name) else { throw Fault.unknownPlace(name) }
            return ""
        }
        changed[known, default: [:]][language] = template
    }

    /// The words of a notice. A place of which nothing is known stays empty; what is put in is not read again for places.
    public func title(of type: NoticeType, in language: Language, _ arguments: [String: String]) -> String {
        let template =
            changed[type]?[language] ?? NoticeWords.signIn(arguments["case"], language)
            ?? NoticeWords.finding(arguments["code"], type, language) ?? NoticeWords.standard(type, language)
        // Every template was checked when it came, so that this cannot fail.
        let text = (try? NoticeWords.fill(template) { arguments[$0] ?? "" }) ?? template
        let words = text.split(separator: " ").joined(separator: " ")
        // Where nothing is known to stand behind the colon, there is none.
        return words.hasSuffix(":") ? String(words.dropLast()).trimming(" ") : words
    }

    /// Of several facts on one line: what they are, and how many.
    public func title(ofMany type: NoticeType, in language: Language, count: Int64) -> String {
        let name = NoticeWords.name(of: type, in: language)
        return language == .fr ? "\(name) : \(count)" : "\(name): \(count)"
    }

    private static func fill(_ template: String, _ value: (String) throws -> String) throws -> String {
        var text = ""
        var rest = template[...]
        while let open = rest.firstIndex(of: "{") {
            text += rest[..<open]
            guard let close = rest[open...].firstIndex(of: "}") else { throw Fault.openBrace }
            text += try value(String(rest[rest.index(after: open)..<close]))
            rest = rest[rest.index(after: close)...]
        }
        return text + String(rest)
    }

    static func standard(_ type: NoticeType, _ language: Language) -> String {
        let words = standard(type)
        return language == .fr ? words.fr : words.en
    }

    /// What is told of one's sign-ins besides refusals; `kind` is the fact's.
    private static func signIn(_ kind: String?, _ language: Language) -> String? {
        let words: (fr: String, en: String)? =
            switch kind.map(Fact.Kind.init(rawValue:)) {
            case .some(.sessionNewPlace):
                ("Connexion depuis un nouvel endroit : {detail}", "Sign-in from a new place: {detail}")
            case .some(.factorAdded):
                ("Second facteur ajouté à votre compte", "A second factor was added to your account")
            case .some(.factorRemoved):
                ("Second facteur retiré ou utilisé", "A second factor was removed or used up")
            default: nil
            }
        return language == .fr ? words?.fr : words?.en
    }

    private static func standard(_ type: NoticeType) -> (fr: String, en: String) {
        switch type {
        case .callMissed: ("Appel manqué : {detail}", "Missed call: {detail}")
        case .callBackDue: ("À rappeler maintenant : {detail}", "Call back now: {detail}")
        case .unknownNumber: ("Appel d’un numéro inconnu : {detail}", "Call from an unknown number: {detail}")
        case .receiptExpected: ("Livraisons attendues aujourd’hui : {detail}", "Deliveries expected today: {detail}")
        case .receiptStarted: ("Réception commencée : {subject}", "Receiving has begun: {subject}")
        case .receiptCompleted: ("Réception terminée : {subject}", "Receiving is complete: {subject}")
        case .receiptDiscrepancy:
            ("Écart à la réception : {subject} {detail}", "Differences in delivery {subject} {detail}")
        case .receiptProposed:
            ("Décidé au dépôt, à confirmer : {subject}", "Decided at the depot, to be confirmed: {subject}")
        case .receiptOverdue: ("Livraison en retard : {subject}", "Delivery is overdue: {subject}")
        case .unknownTag: ("Étiquettes inconnues en {subject} {detail}", "Unknown tags at {subject} {detail}")
        case .countDue: ("Zone à compter : {subject}", "Zone to be counted: {subject}")
        case .countDiscrepancy: ("Écart d’inventaire : {subject} {detail}", "Differences in count {subject} {detail}")
        case .lowStock: ("Stock bas : {subject} {detail}", "Low stock: {subject} {detail}")
        case .gatewayOffline: ("Passerelle hors ligne : {subject}", "Gateway offline: {subject}")
        case .gatewayOnline: ("Passerelle de nouveau en ligne : {subject}", "Gateway online again: {subject}")
        case .readerFault: ("Lecteur en défaut : {subject} {detail}", "Reader fault: {subject} {detail}")
        case .bufferFilling:
            ("Mémoire tampon qui se remplit : {subject} {detail}", "Buffer is filling: {subject} {detail}")
        case .pushFailed: ("L’ERP n’a pas accepté : {subject} {detail}", "The ERP did not take {subject} {detail}")
        case .erpConflict: ("Conflit avec l’ERP : {subject} {detail}", "Conflict with the ERP: {subject} {detail}")
        case .reportGenerated: ("Rapport prêt : {subject}", "Report ready: {subject}")
        case .webhookDisabled: ("Webhook désactivé : {subject}", "Webhook disabled: {subject}")
        case .keyExpiring: ("Clé bientôt expirée : {subject} {detail}", "Key expires soon: {subject} {detail}")
        case .finding: ("À réparer : {subject} {detail}", "To be put right: {subject} {detail}")
        case .findingOver: ("Réglé : {subject} {detail}", "Put right: {subject} {detail}")
        case .signIns: ("Connexions refusées : {subject} {detail}", "Refused sign-ins: {subject} {detail}")
        case .rolloutStopped:
            ("Déploiement de {subject} arrêté : {detail}", "Roll-out of {subject} has stopped: {detail}")
        case .announcement: ("Annonce : {detail}", "Announcement: {detail}")
        }
    }
}

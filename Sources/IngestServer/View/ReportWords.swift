import Model

/// What stands in the cells of a sheet, in words: kinds of decisions and movements, directions and ends of calls, what they were
/// about. The pages have the same ones.
enum ReportWords {
    /// The code itself for programs, and where nobody has a word for it.
    static func word(_ kind: String, _ code: String, _ t: ReportLanguage) -> String {
        guard let word = words["\(kind) \(code)"] else { return code }
        return t(code, fr: word.0, en: word.1)
    }

    /// Who did it: a scan is named as the pages name it.
    static func who(_ name: String, _ t: ReportLanguage) -> String {
        let scan = "scan at "
        guard t == .fr, name.hasPrefix(scan) else { return name }
        return "lecture à \(name.dropFirst(scan.count))"
    }

    static let words: [String: (String, String)] = [
        "decision adjust": ("Corrigé", "Corrected"),
        "decision remove": ("Décompté", "Taken off"),
        "decision associate": ("Étiquette reconnue", "Tag identified"),
        "decision damaged": ("Avarié", "Damaged"),
        "decision refuse": ("Renvoyé", "Sent back"),
        "decision accept": ("Accepté", "Kept"),
        "decision later": ("Arrive plus tard", "Comes later"),
        "decision never": ("N’arrivera pas", "Does not come"),
        "decision ignore": ("Ignoré", "Ignored"),
        "decision lot": ("Lot", "Lot"),
        "decision undo": ("Décision annulée", "Decision undone"),
        "decision reopen": ("Livraison rouverte", "Delivery opened again"),
        "decision signed": ("Signé à la remise", "Signed on delivery"),
        "decision photo": ("Photo des marchandises", "Photo of the goods"),
        "movement received": ("Reçu", "Received"),
        "movement arrived": ("Arrivé", "Arrived"),
        "movement moved": ("Déplacé", "Moved"),
        "movement departed": ("Sorti", "Left"),
        "movement counted": ("Inventaire", "Stock take"),
        "movement corrected": ("Rectifié", "Corrected"),
        "cause rejected-by-pbx": ("refusé par le standard", "refused by the exchange"),
        "cause normal": ("terminé", "ended"),
        "cause answered-elsewhere": ("pris par un collègue", "taken by a colleague"),
        "cause caller-gave-up": ("l’appelant a raccroché", "the caller gave up"),
        "cause no-answer": ("sans réponse", "no answer"),
        "cause busy": ("occupé", "busy"),
        "cause declined": ("refusé", "declined"),
        "cause lost": ("liaison perdue", "link lost"),
        "cause failed": ("échec", "failed"),
        "cause unreachable": ("injoignable", "unreachable"),
        "cause pbx-stopped": ("standard arrêté", "exchange stopped"),
        "cause forwarded": ("renvoyé", "forwarded"),
        "disposition order": ("Commande", "Order"),
        "disposition quote": ("Devis", "Quote"),
        "disposition delivery": ("Livraison", "Delivery"),
        "disposition complaint": ("Réclamation", "Complaint"),
        "disposition appointment": ("Rendez-vous", "Appointment"),
        "disposition invoice": ("Facture", "Invoice"),
        "disposition wrong-number": ("Faux numéro", "Wrong number"),
        "disposition other": ("Autre", "Other"),
        "direction inbound": ("Entrant", "Inbound"),
        "direction outbound": ("Sortant", "Outbound"),
        "direction internal": ("Interne", "Internal"),
    ]
}

extension NoticeWords {
    /// What a type is called where one chooses among them, and on a line that tells several.
    public static func name(of type: NoticeType, in language: Language) -> String {
        let names = names(type)
        return language == .fr ? names.fr : names.en
    }

    private static func names(_ type: NoticeType) -> (fr: String, en: String) {
        switch type {
        case .callMissed: ("Appels manqués", "Missed calls")
        case .callBackDue: ("Rappels à faire", "Call-backs due")
        case .unknownNumber: ("Numéros inconnus", "Unknown numbers")
        case .receiptExpected: ("Livraisons du jour", "Deliveries expected today")
        case .receiptStarted: ("Réceptions commencées", "Receptions begun")
        case .receiptCompleted: ("Réceptions terminées", "Receptions completed")
        case .receiptDiscrepancy: ("Écarts à la réception", "Differences in deliveries")
        case .receiptProposed: ("Décidé au dépôt, à confirmer", "Decided at the depot, to be confirmed")
        case .receiptOverdue: ("Livraisons en retard", "Overdue deliveries")
        case .unknownTag: ("Étiquettes inconnues", "Unknown tags")
        case .countDue: ("Zones à compter", "Zones to be counted")
        case .countDiscrepancy: ("Écarts d’inventaire", "Differences in counts")
        case .lowStock: ("Stocks bas", "Low stock")
        case .gatewayOffline: ("Passerelles hors ligne", "Gateways offline")
        case .gatewayOnline: ("Passerelles de nouveau en ligne", "Gateways online again")
        case .readerFault: ("Lecteurs en défaut", "Reader faults")
        case .bufferFilling: ("Mémoires tampon qui se remplissent", "Buffers filling")
        case .pushFailed: ("Refus de l’ERP", "Refusals of the ERP")
        case .erpConflict: ("Conflits avec l’ERP", "Conflicts with the ERP")
        case .reportGenerated: ("Rapports prêts", "Reports ready")
        case .webhookDisabled: ("Webhooks désactivés", "Webhooks disabled")
        case .rolloutStopped: ("Déploiements arrêtés", "Roll-outs that stopped")
        case .keyExpiring: ("Clés bientôt expirées", "Keys that expire soon")
        case .finding: ("Pannes trouvées", "Troubles found")
        case .findingOver: ("Pannes réglées", "Troubles put right")
        case .signIns: ("Sécurité des connexions", "Sign-in security")
        case .announcement: ("Annonces", "Announcements")
        }
    }
}

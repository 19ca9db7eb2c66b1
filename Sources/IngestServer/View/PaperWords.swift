import Depot

/// What a paper says beside its lines, in words: who takes part, when what was, which other papers it belongs to.
enum PaperWords {
    /// Kinds of details on one sheet.
    static let limit = 8

    /// Those of one kind together, each kind with its word.
    static func facts(_ details: [Announced.Detail], _ t: ReportLanguage) -> [(label: String, value: String)] {
        var facts: [(label: String, value: String)] = []
        for detail in details {
            let label = word(detail, t)
            if let place = facts.firstIndex(where: { $0.label == label }) {
                facts[place].value += ", \(detail.value)"
            } else if facts.count < limit {
                facts.append((label, detail.value))
            }
        }
        return facts
    }

    /// The paper's own code where nobody has a word for it.
    static func word(_ detail: Announced.Detail, _ t: ReportLanguage) -> String {
        guard let word = words["\(detail.kind.rawValue) \(detail.code)"] else { return detail.code }
        return t(detail.code, fr: word.0, en: word.1)
    }

    static let words: [String: (String, String)] = [
        "party buyer": ("Acheteur", "Buyer"), "party supplier": ("Fournisseur", "Supplier"),
        "party seller": ("Vendeur", "Seller"), "party ship-from": ("Expédié de", "Shipped from"),
        "party ship-to": ("Livré à", "Shipped to"),
        "party final-consignee": ("Destinataire final", "Final consignee"),
        "party consignee": ("Destinataire", "Consignee"), "party consignor": ("Expéditeur", "Consignor"),
        "party carrier": ("Transporteur", "Carrier"), "party forwarder": ("Transitaire", "Forwarder"),
        "party invoicee": ("Facturé à", "Invoiced to"), "date issued": ("Émis le", "Issued on"),
        "date despatched": ("Expédié le", "Despatched on"), "date estimated": ("Prévu le", "Estimated on"),
        "date scheduled": ("Programmé le", "Scheduled on"), "date promised": ("Promis le", "Promised on"),
        "date requested": ("Demandé le", "Requested on"), "date earliest": ("Au plus tôt le", "At the earliest on"),
        "date latest": ("Au plus tard le", "At the latest on"), "date delivered": ("Livré le", "Delivered on"),
        "date order": ("Commandé le", "Ordered on"), "reference order": ("Commande", "Order"),
        "reference supplier-order": ("Commande du fournisseur", "Supplier’s order"),
        "reference customer": ("Référence client", "Customer reference"), "reference invoice": ("Facture", "Invoice"),
        "reference transport": ("Document de transport", "Transport document"),
        "reference contract": ("Contrat", "Contract"), "reference blanket-order": ("Commande cadre", "Blanket order"),
        "reference advice": ("Avis d’expédition", "Despatch advice"),
        "reference consignment": ("Lot de transport", "Consignment"), "reference document": ("Document", "Document"),
        "reference shipment": ("Envoi", "Shipment"),
    ]
}

import Depot
import Model
import Sheets

/// What whoever brought the goods takes along, or signs.
enum DeliverySlip {
    static func make(_ view: DeliveryView, _ t: ReportLanguage) -> Slip {
        var facts = [
            (label: t("", fr: "Fournisseur", en: "Supplier"), value: view.supplier),
            (label: t("", fr: "Quai", en: "Dock"), value: view.zone ?? view.dock ?? "–"),
        ]
        if let opened = view.openedAt { facts.append((t("", fr: "Ouvert", en: "Opened"), Reports.time(opened, t))) }
        if let closed = view.closedAt {
            facts.append((t("", fr: "Clôturé", en: "Closed"), "\(Reports.time(closed, t)) · \(view.closedBy ?? "")"))
        }
        let lines = view.lines.filter { $0.received != 0 || $0.missing != 0 || $0.extra != 0 }.map {
            line -> Slip.Line in
            let counts: [(word: String, quantity: Quantity)] = [
                (t("", fr: "manquants", en: "missing"), line.missing),
                (t("", fr: "en trop", en: "extra"), line.extra),
                (t("", fr: "avariés", en: "damaged"), line.damaged),
                (t("", fr: "renvoyés", en: "sent back"), line.refused),
            ]
            let rest = counts.filter { $0.quantity != 0 }.map { "\($0.word) \(Reports.written($0.quantity, t))" }
            let name = line.description.isEmpty ? line.gtin : line.description
            return Slip.Line(
                quantity: Reports.written(line.received, t),
                text: rest.isEmpty ? name : "\(name) (\(rest.joined(separator: ", ")))")
        }
        var notes = [
            t(
                "", fr: "Reçus : \(view.received) sur \(view.expected) · en trop : \(view.extra)",
                en: "Received: \(view.received) of \(view.expected) · extra: \(view.extra)")
        ]
        if !view.unknown.isEmpty {
            notes.append(
                t(
                    "", fr: "Étiquettes inconnues : \(view.unknown.count)", en: "Unknown tags: \(view.unknown.count)"))
        }
        for signed in view.decisions where signed.kind == .signed && signed.undoneBy == nil {
            let who = signed.reason ?? signed.who
            notes.append(
                t(
                    "", fr: "Signé par \(who), \(Reports.time(signed.at, t))",
                    en: "Signed by \(who), \(Reports.time(signed.at, t))"))
        }
        let photos = view.decisions.count { $0.kind == .photo && $0.undoneBy == nil }
        if photos > 0 {
            notes.append(t("", fr: "Photos des marchandises : \(photos)", en: "Photos of the goods: \(photos)"))
        }
        return Slip(
            title: t("", fr: "Bon de réception \(view.note)", en: "Receipt of \(view.note)"), facts: facts,
            lines: lines, notes: notes, sign: t("", fr: "Nom, signature", en: "Name, signature"))
    }
}

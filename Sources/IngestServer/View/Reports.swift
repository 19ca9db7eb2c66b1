import Depot
import Glibc
import Model
import Platform
import Sheets

/// The words of a sheet: for people in their language, for programs names that never change.
enum ReportLanguage: String, Sendable {
    case fr, en, machine

    func callAsFunction(_ machine: String, fr: String, en: String) -> String {
        switch self {
        case .fr: fr
        case .en: en
        case .machine: machine
        }
    }
}

/// Receptions, counts, movements and calls as tables.
enum Reports {
    /// Movements in one file at most.
    static let movementLimit = 100_000

    static func reception(_ view: DeliveryView) -> (ReportLanguage) -> Sheet {
        { t in
            var rows = view.lines.map { line -> [Sheet.Cell] in
                [
                    .text(view.note), .text(view.supplier), .text(line.gtin), .text(line.description),
                    .quantity(line.expected), .quantity(line.received), .quantity(line.missing), .quantity(line.extra),
                    .quantity(line.damaged), .quantity(line.refused),
                    .text(line.lots.map { "\($0.number) × \(written($0.quantity, t))" }.joined(separator: ", ")),
                    unit(line.measure, t),
                ]
            }
            rows += view.unknown.map { stray in
                [
                    .text(view.note), .text(view.supplier), .text(""), .text(stray.subject), .number(0), .number(1),
                    .number(0), .number(1), .number(0), .number(0), .text(""), unit(.piece, t),
                ]
            }
            let keepsNote = t == .machine
            let columns = [
                Sheet.Column("delivery_note"), Sheet.Column("supplier"),
                Sheet.Column(t("gtin", fr: "GTIN", en: "GTIN"), width: 15),
                Sheet.Column(t("description", fr: "Article", en: "Article"), width: 34),
                Sheet.Column(t("expected", fr: "Attendus", en: "Expected"), .number, width: 9),
                Sheet.Column(t("received", fr: "Reçus", en: "Received"), .number, width: 9),
                Sheet.Column(t("missing", fr: "Manquants", en: "Missing"), .number, width: 10),
                Sheet.Column(t("extra", fr: "En trop", en: "Extra"), .number, width: 8),
                Sheet.Column(t("damaged", fr: "Avariés", en: "Damaged"), .number, width: 8),
                Sheet.Column(t("refused", fr: "Renvoyés", en: "Sent back"), .number, width: 9),
                Sheet.Column(t("lots", fr: "Lots", en: "Lots"), width: 16),
                Sheet.Column(t("unit", fr: "Unité", en: "Unit"), width: 6),
            ]
            var subtitle = [
                (label: t("", fr: "Fournisseur", en: "Supplier"), value: view.supplier),
                (label: t("", fr: "Quai", en: "Dock"), value: view.zone ?? view.dock ?? "–"),
            ]
            if let opened = view.openedAt {
                subtitle.append(
                    (
                        t("", fr: "Ouvert", en: "Opened"),
                        "\(time(opened, t)) · \(ReportWords.who(view.openedBy ?? "", t))"
                    ))
            }
            if let closed = view.closedAt {
                subtitle.append(
                    (
                        t("", fr: "Clôturé", en: "Closed"),
                        "\(time(closed, t)) · \(ReportWords.who(view.closedBy ?? "", t))"
                    ))
            }
            subtitle += PaperWords.facts(view.details.filter { $0.code != "supplier" }, t)
            let footer = view.decisions.filter { $0.undoneBy == nil && $0.kind != .undo }.map { decision in
                let what = [
                    decision.gtin ?? decision.subject, decision.quantity.map { written($0, t) }, decision.lot,
                    decision.reason,
                ]
                let (who, kind) = (
                    ReportWords.who(decision.who, t), ReportWords.word("decision", decision.kind.rawValue, t)
                )
                let words = "\(kind) \(what.compactMap(\.self).joined(separator: " · "))"
                return "\(time(decision.at, t)) \(t("", fr: "\(who) : \(words)", en: "\(who): \(words)"))"
            }
            return Sheet(
                title: t("", fr: "Réception \(view.note)", en: "Reception \(view.note)"), subtitle: subtitle,
                columns: keepsNote ? columns : Array(columns.dropFirst(2)),
                rows: keepsNote ? rows : rows.map { Array($0.dropFirst(2)) }, footer: keepsNote ? [] : footer)
        }
    }

    static func take(_ view: StockTakeView) -> (ReportLanguage) -> Sheet {
        { t in
            Sheet(
                title: t("", fr: "Inventaire \(view.zone)", en: "Stock take \(view.zone)"),
                subtitle: [
                    (t("", fr: "Commencé", en: "Begun"), "\(time(view.openedAt, t)) · \(view.openedBy)"),
                    (
                        t("", fr: "Validé", en: "Posted"),
                        view.closedAt.map { "\(time($0, t)) · \(view.closedBy ?? "")" } ?? "–"
                    ),
                ],
                columns: [
                    .init(t("gtin", fr: "GTIN", en: "GTIN"), width: 15),
                    .init(t("description", fr: "Article", en: "Article"), width: 34),
                    .init(t("expected", fr: "Attendus", en: "Expected"), .number, width: 9),
                    .init(t("counted", fr: "Comptés", en: "Counted"), .number, width: 9),
                    .init(t("moved_since", fr: "Depuis", en: "Since"), .number, width: 8),
                    .init(t("result", fr: "Résultat", en: "Result"), .number, width: 9),
                    .init(t("book", fr: "En stock", en: "Book"), .number, width: 9),
                    .init(t("difference", fr: "Écart", en: "Difference"), .number, width: 10),
                    .init(t("unit", fr: "Unité", en: "Unit"), width: 6),
                ],
                rows: view.lines.filter { view.showsBook || $0.counted != 0 }.map { line in
                    let told: (Quantity) -> Sheet.Cell = { view.showsBook ? .quantity($0) : .empty }
                    return [
                        .text(line.gtin), .text(line.description), told(line.expected), .quantity(line.counted),
                        .quantity(line.moved), .quantity(line.result), told(line.book), told(line.difference),
                        unit(line.measure, t),
                    ]
                })
        }
    }

    static func movements(_ rows: [JSON]) -> (ReportLanguage) -> Sheet {
        { t in
            Sheet(
                title: t("", fr: "Mouvements", en: "Movements"),
                columns: [
                    .init(t("at", fr: "Quand", en: "When"), .date, width: 16),
                    .init(t("kind", fr: "Mouvement", en: "Movement"), width: 10),
                    .init(t("gtin", fr: "GTIN", en: "GTIN"), width: 15),
                    .init(t("description", fr: "Article", en: "Article"), width: 28),
                    .init(t("quantity", fr: "Quantité", en: "Quantity"), .number, width: 8),
                    .init(t("from", fr: "De", en: "From"), width: 11), .init(t("to", fr: "À", en: "To"), width: 11),
                    .init(t("who", fr: "Par", en: "By"), width: 14),
                    .init(t("unit", fr: "Unité", en: "Unit"), width: 6),
                ],
                rows: rows.map { row in
                    let at = row["at"]?.integer ?? 0
                    return [
                        .moment(at, offset: offset(at)),
                        .text(ReportWords.word("movement", row["kind"]?.text ?? "", t)), .text(row["gtin"]?.text ?? ""),
                        .text(row["description"]?.text ?? ""), .quantity(row["quantity"].flatMap { Quantity($0) } ?? 0),
                        .text(row["from"]?.text ?? ""), .text(row["to"]?.text ?? ""),
                        .text(ReportWords.who(row["who"]?.text ?? "", t)),
                        unit(row["unit"]?.text.flatMap { Measure($0) } ?? .piece, t),
                    ]
                })
        }
    }

    /// The history of calls, from the lines of its CSV.
    static func calls(_ csv: CSV) -> (ReportLanguage) -> Sheet {
        { t in
            let titles = [
                ("Début", "Start"), ("Sens", "Direction"), ("Numéro", "Number"), ("Client", "Client"),
                ("Appelé", "Called"),
                ("File", "Queue"), ("Répondu par", "Answered by"), ("Manqué par", "Missed by"),
                ("Sonnerie s", "Ring s"),
                ("Durée s", "Talk s"), ("Fin", "End"), ("Motif", "Disposition"), ("Note", "Note"),
                ("Heure corrigée de s", "Time corrected by s"),
            ]
            return Sheet(
                title: t("", fr: "Appels", en: "Calls"),
                columns: csv.titles.enumerated().map { index, name in
                    let title = index < titles.count ? titles[index] : (name, name)
                    let isNumber = name.hasSuffix("_s")
                    return .init(
                        t(name, fr: title.0, en: title.1), isNumber ? .number : name == "started" ? .date : .text,
                        width: name == "note" ? 24 : name == "started" ? 18 : 11)
                },
                rows: csv.rows.map { row in
                    row.fields.enumerated().map { index, field in
                        if index < csv.titles.count, csv.titles[index].hasSuffix("_s"), let number = Int(field) {
                            return .number(number)
                        }
                        if index == 0 { return Sheet.Cell(moment: field) }
                        let name = index < csv.titles.count ? csv.titles[index] : ""
                        return .text(ReportWords.word(name, field, t))
                    }
                })
        }
    }

    static func written(_ quantity: Quantity, _ t: ReportLanguage) -> String {
        t == .fr ? String(quantity.description.map { $0 == "." ? "," : $0 }) : quantity.description
    }

    /// For people what they write, nothing for pieces; for programs the code.
    private static func unit(_ measure: Measure, _ t: ReportLanguage) -> Sheet.Cell {
        .text(t == .machine ? measure.code : measure.symbol ?? "")
    }

    /// Local time, as the server's zone has it and the language writes it.
    static func time(_ milliseconds: Int64, _ t: ReportLanguage) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        strftime(&buffer, buffer.count, t("%Y-%m-%d", fr: "%d/%m/%Y", en: "%d/%m/%Y") + " %H:%M", &parts)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A moment as programs read it: local, with its offset.
    static func written(_ milliseconds: Int64) -> String {
        Sheet.written(milliseconds, offset: offset(milliseconds))
    }

    private static func offset(_ milliseconds: Int64) -> Int {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return parts.tm_gmtoff
    }
}

extension Sheet.Cell {
    /// A real number in a workbook, whole or not.
    static func quantity(_ quantity: Quantity) -> Sheet.Cell {
        quantity.whole.map { .number($0) } ?? .decimal(quantity.description)
    }
}

public import Model

extension DeliveryView {
    /// Remarks that a page is given.
    static let remarkLimit = 100

    public var summary: JSON {
        .object([
            ("id", .int(id)), ("note", .string(note)), ("supplier", .string(supplier)), ("source", .string(source)),
            ("expectedOn", expectedOn.map(JSON.string)), ("client", client.map(JSON.string)),
            ("status", .string(status)), ("zone", zone.map(JSON.string)), ("dock", dock.map(JSON.string)),
            ("mode", .string(mode.rawValue)), ("openedAt", openedAt.map(JSON.int)),
            ("openedBy", openedBy.map(JSON.string)), ("closedAt", closedAt.map(JSON.int)),
            ("closedBy", closedBy.map(JSON.string)), ("erp", erp.map(JSON.string)),
            ("expected", .int(Int64(expected))), ("received", .int(Int64(received))),
            ("missing", .int(Int64(missing))), ("extra", .int(Int64(extra))), ("damaged", .int(Int64(damaged))),
            ("unknown", .int(Int64(unknown.count))), ("lineCount", .int(Int64(lines.count))),
        ])
    }

    public var json: JSON {
        guard case .members(let members) = summary else { return summary }
        let strays: [JSON] = unknown.map {
            .object([("subject", .string($0.subject)), ("at", .int($0.at)), ("gtin", $0.gtin.map(JSON.string))])
        }
        let remarks: [JSON] = remarks.prefix(DeliveryView.remarkLimit).map {
            .object([
                ("subject", .string($0.subject)), ("gtin", $0.gtin.map(JSON.string)), ("text", .string($0.text)),
                ("at", .int($0.at)),
            ])
        }
        return .members(
            members + [
                .init("lines", .array(lines.map(\.json))), .init("unknownTags", .array(strays)),
                .init("units", .array(units.map(\.json))), .init("remarks", .array(remarks)),
                .init("questions", .array(questions.map(\.json))),
                .init("decisions", .array(decisions.map(\.json))), .init("details", .array(details.map(\.json))),
            ])
    }
}

extension DeliveryView.Line {
    var json: JSON {
        .object([
            ("gtin", .string(gtin)), ("description", .string(description)), ("reference", reference.map(JSON.string)),
            ("expected", .int(Int64(expected))), ("received", .int(Int64(received))),
            ("missing", .int(Int64(missing))), ("extra", .int(Int64(extra))), ("damaged", .int(Int64(damaged))),
            ("refused", .int(Int64(refused))),
            (
                "lots",
                lots.isEmpty
                    ? nil
                    : .array(
                        lots.map {
                            .object([
                                ("number", .string($0.number)), ("quantity", .int(Int64($0.quantity))),
                                ("expires", $0.expires.map(JSON.string)), ("fromPaper", $0.isFromPaper ? true : nil),
                            ])
                        })
            ),
            ("unexpectedSerials", unexpectedSerials.isEmpty ? nil : .array(unexpectedSerials.map(JSON.string))),
        ])
    }
}

extension DeliveryView.Unit {
    var json: JSON {
        .object([
            ("sscc", .string(sscc)), ("parent", parent.map(JSON.string)), ("verified", .bool(isVerified)),
            (
                "contents",
                .array(
                    contents.map {
                        .object([
                            ("gtin", .string($0.gtin)), ("quantity", .int(Int64($0.quantity))),
                            ("lot", $0.lot.map(JSON.string)),
                        ])
                    })
            ),
        ])
    }
}

extension DeliveryView.Question {
    public var json: JSON {
        .object([
            ("kind", .string(kind.rawValue)), ("gtin", gtin.map(JSON.string)), ("subject", subject.map(JSON.string)),
            ("quantity", quantity.map { .int(Int64($0)) }),
        ])
    }
}

extension Announced.Detail {
    var json: JSON {
        .object([("kind", .string(kind.rawValue)), ("code", .string(code)), ("value", .string(value))])
    }
}

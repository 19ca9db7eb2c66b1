public import Model

extension DeliveryView {
    /// Remarks that a page is given.
    static let remarkLimit = 100

    /// In a list: the sums.
    public static let summaryShape = Shape<DeliveryView>(
        "DeliverySummary",
        [
            .integer("id", \.id), .text("note", \.note), .text("supplier", \.supplier), .text("source", \.source),
            .text("expectedOn", ifAny: \.expectedOn), .text("client", ifAny: \.client),
            .json("status", .word(["expected", "open", "closed"])) { .string($0.status) },
            .text("zone", ifAny: \.zone), .text("dock", ifAny: \.dock), .word("mode", \.mode),
            .moment("openedAt", ifAny: \.openedAt), .text("openedBy", ifAny: \.openedBy),
            .moment("closedAt", ifAny: \.closedAt), .text("closedBy", ifAny: \.closedBy),
            .text("erp", ifAny: \.erp), .count("expected", \.expected), .count("received", \.received),
            .count("missing", \.missing), .count("extra", \.extra), .count("damaged", \.damaged),
            .count("unknown", \.unknown.count), .count("lineCount", \.lines.count),
            .someTexts("names", \.names), .integer("restOf", ifAny: \.restOf),
        ])

    /// With its lines and what is to be decided.
    public static let shape = Shape<DeliveryView>(
        "Delivery",
        summaryShape.fields + [
            .list("lines", of: Line.shape, \.lines), .list("unknownTags", of: Stray.shape, \.unknown),
            .list("units", of: Unit.shape, \.units),
            .list("remarks", of: Remark.shape) { Array($0.remarks.prefix(DeliveryView.remarkLimit)) },
            .list("questions", of: Question.shape, \.questions), .list("decisions", of: Decision.shape, \.decisions),
            .list("details", of: Announced.Detail.shape, \.details),
            .some("reopenings", of: Reopening.shape, \.reopenings),
            .list("proposals", of: DepotProposal.shape, \.proposals),
        ])

    public var summary: JSON { DeliveryView.summaryShape.json(self) }
    public var json: JSON { DeliveryView.shape.json(self) }
}

extension DeliveryView.Stray {
    /// Nobody knows what it is.
    static let shape = Shape<DeliveryView.Stray>(
        "UnknownTag", [.text("subject", \.subject), .moment("at", \.at), .text("gtin", ifAny: \.gtin)])
}

extension DeliveryView.Remark {
    static let shape = Shape<DeliveryView.Remark>(
        "Remark",
        [
            .text("subject", \.subject), .text("gtin", ifAny: \.gtin), .text("text", \.text), .moment("at", \.at),
        ])
}

extension DeliveryView.Line {
    static let shape = Shape<DeliveryView.Line>(
        "DeliveryLine",
        [
            .text("gtin", \.gtin), .text("description", \.description), .text("reference", ifAny: \.reference),
            .unit("unit", \.measure),
            .quantity("expected", \.expected), .quantity("received", \.received), .quantity("missing", \.missing),
            .quantity("extra", \.extra), .quantity("damaged", \.damaged), .quantity("refused", \.refused),
            .some("lots", of: DeliveryView.Lot.shape, \.lots),
            .someTexts("unexpectedSerials", \.unexpectedSerials),
        ])
}

extension DeliveryView.Lot {
    static let shape = Shape<DeliveryView.Lot>(
        "Lot",
        [
            .text("number", \.number), .quantity("quantity", \.quantity), .text("expires", ifAny: \.expires),
            .mark("fromPaper", \.isFromPaper),
        ])
}

extension DeliveryView.Unit {
    static let shape = Shape<DeliveryView.Unit>(
        "Pallet",
        [
            .text("sscc", \.sscc), .text("parent", ifAny: \.parent), .truth("verified", \.isVerified),
            .list("contents", of: Reception.Content.shape, \.contents),
        ])
}

extension Reception.Content {
    static let shape = Shape<Reception.Content>(
        "PalletContent", [.text("gtin", \.gtin), .quantity("quantity", \.quantity), .text("lot", ifAny: \.lot)])
}

extension DeliveryView.Question {
    public static let shape = Shape<DeliveryView.Question>(
        "Question",
        [
            .word("kind", \.kind), .text("gtin", ifAny: \.gtin), .text("subject", ifAny: \.subject),
            .quantity("quantity", ifAny: \.quantity),
        ])

    public var json: JSON { DeliveryView.Question.shape.json(self) }
}

extension Announced.Detail {
    static let shape = Shape<Announced.Detail>(
        "PaperDetail", [.word("kind", \.kind), .text("code", \.code), .text("value", \.value)])
}

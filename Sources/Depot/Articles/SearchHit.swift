public import Model

/// Something that a search found.
public struct SearchHit: Equatable, Sendable {
    /// One of `SearchTable.Found`, or `call`.
    public var kind: String
    /// The number, GTIN or name by which a page opens it.
    public var ref: String
    public var title: String?
    public var detail: String?
    public var zone: String?
    public var at: Int64?

    public init(
        kind: String, ref: String, title: String? = nil, detail: String? = nil, zone: String? = nil, at: Int64? = nil
    ) {
        (self.kind, self.ref, self.title, self.detail) = (kind, ref, title, detail)
        (self.zone, self.at) = (zone, at)
    }

    public static let shape = Shape<SearchHit>(
        "SearchHit",
        [
            .json("kind", .word(SearchTable.Found.allCases.map(\.rawValue) + ["call"])) { .string($0.kind) },
            .text("ref", \.ref), .text("title", ifAny: \.title), .text("detail", ifAny: \.detail),
            .text("zone", ifAny: \.zone), .moment("at", ifAny: \.at),
        ])

    public var json: JSON { SearchHit.shape.json(self) }
}

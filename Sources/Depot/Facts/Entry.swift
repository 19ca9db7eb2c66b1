public import Model

/// A fact in the ledger. The chain of digests makes a change of the past visible; what an erasure takes away leaves its digest,
/// so that the chain is whole without it.
public struct Entry: Equatable, Sendable {
    /// From 1, no holes, in the order of commits.
    public var seq: Int64
    /// Unix milliseconds.
    public var at: Int64
    public var author: Author
    public var site: String?
    public var fact: Fact
    /// Its content was taken away by an erasure.
    public var isErased: Bool

    public init(seq: Int64, at: Int64, author: Author, site: String?, fact: Fact, isErased: Bool = false) {
        (self.seq, self.at, self.author) = (seq, at, author)
        (self.site, self.fact, self.isErased) = (site, fact, isErased)
    }

    /// One line of the trail.
    public static let shape = Shape<Entry>(
        "AuditEntry",
        [
            .integer("id", \.seq), .moment("at", \.at), .text("who", \.author.who),
            .text("what", \.fact.kind.rawValue), .text("subject", \.fact.subject),
            .text("detail", ifAny: \.fact.detail), .text("station", ifAny: \.author.station),
            .text("reason", ifAny: \.author.reason), .text("site", ifAny: \.site), .mark("erased", \.isErased),
        ])

    public var json: JSON { Entry.shape.json(self) }

    /// What is digested: every field with its length before it, so that none can run into the next. The salt goes with the
    /// content when that is erased: nobody finds a telephone number by trying them all.
    func digest(salt: String) -> String {
        let fields = [
            salt, String(seq), String(at), author.who, author.station ?? "", author.reason ?? "", site ?? "",
            fact.kind.rawValue, fact.subject, fact.detail ?? "",
        ]
        return Topic.digest(of: fields.map { "\($0.utf8.count):\($0)" }.joined())
    }
}

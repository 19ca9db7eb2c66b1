import Depot
import ERP
import Model

/// How the connection to the ERP stands, as its page shows it. All nil where none is configured.
struct ERPStanding: Sendable {
    var kind: String?
    var url: String?
    var version: ERPVersion?
    var state = ERPLink.State.off
    var since: Int64?
    var sentence: String?
    /// Pushes by their state.
    var counts: [String: Int64]?
    var pulled: Pulled?

    /// What was read there since the start; when, for the last time.
    struct Pulled: Sendable {
        var at: Int64?
        var products: UInt64
        var parties: UInt64
        var receipts: UInt64

        static let shape = Shape<Pulled>(
            "ERPPulled",
            [
                .moment("at", ifAny: \.at), .integer("products") { Int64(clamping: $0.products) },
                .integer("parties") { Int64(clamping: $0.parties) },
                .integer("receipts") { Int64(clamping: $0.receipts) },
            ])
    }

    static let shape = Shape<ERPStanding>(
        "ERPStanding",
        [
            .truth("configured") { $0.kind != nil }, .text("kind", ifAny: \.kind), .text("url", ifAny: \.url),
            .text("version", ifAny: { $0.version?.series }), .text("door", ifAny: { $0.version?.door }),
            .json("remarks", .list(.text), ifAny: { $0.version.map { .array($0.remarks.map(JSON.string)) } }),
            .word("state", \.state), .moment("since", ifAny: \.since), .text("sentence", ifAny: \.sentence),
            .json(
                "counts", .map(.integer),
                ifAny: { standing in
                    standing.counts.map { .object($0.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) }) }
                }),
            .one("pulled", of: Pulled.shape, ifAny: \.pulled),
        ])
}

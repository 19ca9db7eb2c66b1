import Depot
import Model
import Platform
import Sheets

/// Labels of articles as a page or a command asks for them.
enum ArticleLabels {
    struct Unknown: Error { var code: String }

    /// So many of each, in their order. `serials`: each label of an article with a GTIN has a number of its own. Throws `Unknown` for what is in no
    /// catalogue; at most one more than a sheet of labels may have.
    static func labels(
        of codes: [(code: String, copies: Int)], serials: Bool, in store: Store, at now: Int64
    ) throws -> [LabelSheet.Label] {
        var labels: [LabelSheet.Label] = []
        var random = SystemRandomNumberGenerator()
        for (code, copies) in codes {
            let isNumbered = serials && !ArticleCode.isOwn(code)
            guard let first = try store.articles.label(of: code) else { throw Unknown(code: code) }
            for _ in 0..<min(max(1, copies), LabelSheet.limit + 1 - labels.count) {
                let label =
                    isNumbered
                    ? try store.articles.label(of: code, serial: serial(at: now, using: &random)) ?? first : first
                labels.append(
                    .init(
                        title: label.title, code: label.code, text: label.text, bars: label.bars, isGS1: label.isGS1))
            }
        }
        return labels
    }

    /// Articles of a delivery that have no GTIN: a label for each piece that came, or that is expected where none has; one of what is
    /// measured.
    static func codes(of view: DeliveryView) -> [(code: String, copies: Int)] {
        var copies: [String: Int] = [:]
        var order: [String] = []
        for line in view.lines where ArticleCode.isOwn(line.gtin) {
            let pieces = line.received > 0 ? line.received : line.expected
            if copies[line.gtin] == nil { order.append(line.gtin) }
            copies[line.gtin, default: 0] += line.measure.isDivisible ? 0 : min(pieces.ceiling, LabelSheet.limit)
        }
        return order.map { ($0, max(1, copies[$0] ?? 1)) }
    }

    /// Of a ULID's ten characters of time and ten of chance: no two of a site are alike, and GS1 allows twenty.
    private static func serial(at now: Int64, using random: inout SystemRandomNumberGenerator) -> String {
        let ulid = ULID.make(at: now, using: &random)
        return String(ulid.prefix(10) + ulid.suffix(10))
    }
}

import Depot
import Hummingbird
import Model
import Platform
import Sheets

/// Labels of articles, on paper.
struct LabelEndpoints {
    let reads: LongReads

    /// Articles of one request.
    static let articleLimit = 100

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/labels",
                "Labels with QR and Code 128 as PDF: ?gtin= (a hundred at most) and ?copies=, or ?delivery= for its articles without a GTIN, as many as came; ?sheet=3x8|4x10|2x5, ?skip= places that are used, ?serials=1",
                needs: .right(.productsSee), answers: .file(["application/pdf"])
            ) { incoming in
                _ = try incoming.who()
                let asked = incoming.queries("gtin")
                guard asked.count <= LabelEndpoints.articleLimit else {
                    throw APIProblem(
                        .badRequest, "bad-gtin", "At most \(LabelEndpoints.articleLimit) articles are printed at once.")
                }
                let copies = min(max(1, incoming.query("copies").flatMap { Int($0) } ?? 1), LabelSheet.limit)
                guard let format = LabelSheet.Format(rawValue: incoming.query("sheet") ?? "3x8") else {
                    throw APIProblem(.badRequest, "bad-sheet", "A sheet is 3x8, 4x10 or 2x5.")
                }
                let skip = min(max(0, incoming.query("skip").flatMap { Int($0) } ?? 0), 1000)
                let serials = incoming.flag("serials")
                let delivery = incoming.query("delivery").flatMap { Int64($0) }
                var codes: [(code: String, copies: Int)] = []
                for text in asked {
                    guard let code = ArticleCode(asked: text)?.text else {
                        throw APIProblem(
                            .badRequest, "bad-gtin", "\(text.prefix(20)) is not a GTIN, nor # and a reference.")
                    }
                    codes.append((code, copies))
                }
                let wanted = codes
                let labels: [LabelSheet.Label]
                do {
                    labels = try await reads.read { store in
                        var wanted = wanted
                        if let delivery {
                            guard let view = try store.deliveries.view(delivery) else { throw APIProblem.noDelivery }
                            wanted += ArticleLabels.codes(of: view)
                        }
                        return try ArticleLabels.labels(of: wanted, serials: serials, in: store, at: Clocks.wall)
                    }
                } catch let unknown as ArticleLabels.Unknown {
                    throw APIProblem(.notFound, "no-such-product", "There is no product \(unknown.code.prefix(70)).")
                }
                guard !labels.isEmpty else {
                    throw APIProblem(
                        .notFound, "no-such-product", "No article was named that a label could be made of.")
                }
                let sheet = LabelSheet(title: "Labels", format: format, labels: labels, skip: skip)
                return try await Endpoint.file("labels", "pdf") { try sheet.pdf() }
            }
        ]
    }
}

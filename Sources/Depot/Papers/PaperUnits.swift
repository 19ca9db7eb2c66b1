public import Model

/// How an article of the catalogue is counted; or what a package of one holds.
public struct ArticleCounting: Equatable, Sendable {
    public struct Package: Equatable, Sendable {
        /// The article in it, and how much of it, in the article's unit.
        public var gtin: String
        public var holds: Quantity
        public var measure: Measure

        public init(gtin: String, holds: Quantity, measure: Measure) {
            (self.gtin, self.holds, self.measure) = (gtin, holds, measure)
        }
    }

    /// Nil: nobody has said.
    public var measure: Measure?
    public var package: Package?

    public init(measure: Measure? = nil, package: Package? = nil) { (self.measure, self.package) = (measure, package) }
}

/// What the numbers of a paper are in the units of our articles.
///
/// | the paper counts | the article is counted in | |
/// |---|---|---|
/// | nothing, or the same unit | | as it stands |
/// | another unit of the same kind (g, dozens) | kg, pieces | converted, where three decimals hold it; told |
/// | pieces, packages; the line's GTIN is a package's | anything | as many packages; the catalogue knows what one holds |
/// | metres; the line's GTIN is a package's | metres | metres of what is in it |
/// | packages; the line's GTIN is the piece's | pieces | as many pieces; told |
/// | pieces, packages | metres | refused: how many metres one is, nobody says |
/// | metres | pieces | refused |
/// | any unit | nobody has said | it becomes the article's, for the rest of the paper too |
final class PaperUnits {
    private let known: (String) -> ArticleCounting
    /// What this paper said first of articles of which nobody has said anything.
    private var learned: [String: Measure] = [:]

    init(_ known: @escaping (String) -> ArticleCounting) { self.known = known }

    /// The code of an article that a line names by reference alone, and that the catalogue does not have; nil where the text cannot be
    /// the reference of one article.
    var own: (_ reference: String) -> String? = { _ in nil }

    /// What is to be done with the quantities of a line.
    struct Rule {
        var gtin: String
        /// What becomes the article's unit.
        var learned: Measure?
        fileprivate var from: Measure
        fileprivate var to: Measure
        fileprivate var limit: Quantity

        /// In the article's unit; nil where three decimals do not hold it, or pieces would be in parts.
        func callAsFunction(_ quantity: Quantity) -> Quantity? {
            guard let there = from.convert(quantity, to: to) else { return nil }
            return (there.isWhole || to.isDivisible) && there <= limit ? there : nil
        }
    }

    /// Why a line cannot be taken.
    struct Fault: Error { var reason: Phrase }

    /// The rule for a line of this article in this unit, with what somebody should read of it. `quantity` is all of the line.
    func rule(_ gtin: String, _ quantity: Quantity, in paper: Measure?) -> Result<(rule: Rule, remark: Phrase?), Fault>
    {
        let article = known(gtin)
        var rule = Rule(gtin: gtin, from: .piece, to: .piece, limit: Import.quantityLimit)
        var remark: Phrase?
        if let package = article.package {
            guard let paper, paper.isDivisible else { return checked(rule, quantity, in: paper ?? .piece, nil) }
            guard paper.convert(0, to: package.measure) != nil else {
                return .failure(PaperUnits.mismatch(quantity, paper, package.measure))
            }
            (rule.gtin, rule.from, rule.to) = (package.gtin, paper, package.measure)
            return checked(rule, quantity, in: paper, paper == package.measure ? nil : "converted")
        }
        let own = article.measure ?? learned[gtin]
        if own == nil {
            learned[gtin] = paper.flatMap { $0.isDivisible ? $0 : nil } ?? .piece
            if let paper, paper.isDivisible { rule.learned = paper }
        }
        let measure = own ?? rule.learned ?? .piece
        if article.measure == nil, measure.isDivisible { rule.learned = measure }
        (rule.from, rule.to) = (paper ?? measure, measure)
        if rule.from.convert(0, to: measure) == nil {
            guard let paper, !paper.isDivisible, !measure.isDivisible else {
                return .failure(PaperUnits.mismatch(quantity, rule.from, measure))
            }
            // One by one, whatever they call it.
            rule.from = measure
            if !paper.isPiece, measure.isPiece {
                let why: Phrase =
                    paper.isPackage ? "the line names the piece, not its package" : "nobody knows this unit"
                remark = "\(quantity) \(paper) are taken for \(quantity) pieces: \(why)"
            }
        } else if rule.from != measure {
            remark = "converted"
        }
        return checked(rule, quantity, in: rule.from, remark)
    }

    private func checked(
        _ rule: Rule, _ quantity: Quantity, in paper: Measure, _ remark: Phrase?
    ) -> Result<(rule: Rule, remark: Phrase?), Fault> {
        guard let there = rule(quantity) else {
            if rule.from.convert(quantity, to: rule.to).map({ $0 > rule.limit }) == true {
                return .failure(Fault(reason: "\(rule.from.text(quantity)) is more than \(rule.limit)"))
            }
            let what: Phrase = paper.isPiece ? "quantity \(quantity)" : "quantity \(quantity) \(paper)"
            guard rule.to.isDivisible else {
                let reason: Phrase =
                    "\(what) is not a whole number from 1 to \(rule.limit): the article is counted in \(rule.to.phrase(or: "pieces"))"
                let way: Phrase =
                    rule.to.isPiece
                    ? "; where it is measured (m, kg), its unit stands with the number or in the catalogue" : ""
                return .failure(Fault(reason: "\(reason)\(way)"))
            }
            return .failure(Fault(reason: "\(what) cannot be told in \(rule.to) with three decimals"))
        }
        let words: Phrase? =
            remark == "converted" ? "\(paper.text(quantity)) are \(rule.to.text(there))" : remark
        return .success((rule, words))
    }

    private static func mismatch(_ quantity: Quantity, _ paper: Measure, _ article: Measure) -> Fault {
        let ours = article.phrase(or: "pieces")
        let theirs: Phrase = paper.isPiece ? "pieces" : Phrase(verbatim: paper.code)
        let reason: Phrase = "\(quantity) \(paper): the quantity is in \(theirs), not in \(ours)"
        let way: Phrase =
            article.isDivisible && !paper.isDivisible
            ? ": a package with a GTIN of its own, in the catalogue, says how many \(ours) one is" : ""
        return Fault(reason: "\(reason)\(way)")
    }
}

extension Measure {
    /// What people write for it, or words where it has no symbol.
    func phrase(or words: Phrase) -> Phrase { symbol.map(Phrase.init(verbatim:)) ?? words }
}

extension Quantity {
    /// So many packages of which each holds so much. Papers were checked before; what an ERP rounds is rounded here too.
    func packed(_ holds: Quantity?) -> Quantity {
        guard let holds else { return self }
        return times(holds) ?? Quantity(nearest: double * holds.double) ?? self
    }
}

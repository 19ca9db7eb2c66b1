/// What happens to a delivery note that was announced before: one rule, whatever the form of the paper, by supplier and note.
///
/// | the delivery | |
/// |---|---|
/// | nobody has begun it | the newer paper replaces it, and that is said; asked to, it adds |
/// | is being received | refused, with the word that adds; asked to, it adds |
/// | is closed | refused: a back-order has a note of its own |
/// | is what a closed one left | refused as that one is; asked to, it adds |
/// | is another supplier's | another delivery: both stand side by side |
/// | may be of several suppliers, and the paper names none | refused: somebody says whose it is |
enum Again: Equatable {
    case new
    case replace(Phrase)
    case add(Phrase)
    case refuse(Phrase)

    init(_ note: String, of supplier: String, _ options: Import.Options, in store: Store) throws {
        let all = try store.deliveries.known(note: note, of: supplier, source: "file")
        guard let known = all.first else {
            self = .new
            return
        }
        if all.count > 1 {
            let (one, other) = (all[0].supplier.prefix(64), all[1].supplier.prefix(64))
            self = .refuse("there is a delivery \(note) of \(one) and one of \(other): say which supplier this is of")
            return
        }
        switch known.status {
        // A rest: the paper itself is done.
        case _ where known.restOf != nil && !options.isAddition:
            self = .refuse(Again.late(note, status: "closed"))
        case "closed": self = .refuse(Again.late(note, status: known.status))
        case _ where options.isAddition:
            self = .add("delivery \(note) was announced before: these lines are added to it")
        case "expected": self = .replace("delivery \(note) was announced before: this file replaces it")
        default: self = .refuse(Again.late(note, status: known.status))
        }
    }

    /// Why nothing can be changed any more.
    static func late(_ note: String, status: String) -> Phrase {
        status == "closed"
            ? "delivery \(note) is closed: what still comes of it (a back-order) needs a note of its own, such as \(note)-2"
            : "delivery \(note) has begun already: these lines are added to it where that is asked for (--add); what comes later "
                + "(a back-order) needs a note of its own, such as \(note)-2"
    }

    /// A paper has a number of another delivery, or of several.
    static func meant(_ paper: String, _ note: String, by number: String) -> Phrase {
        "\(paper) is taken for what delivery \(note) announces: both say \(number)"
    }

    static func several(_ paper: String, _ notes: [String]) -> Phrase {
        "\(paper) may be any of the deliveries \(notes.prefix(5).joined(separator: ", ")): give it the note of the one it is"
    }

    var refusal: Phrase? { if case .refuse(let reason) = self { reason } else { nil } }
    var isAddition: Bool { if case .add = self { true } else { false } }
    var remark: Phrase? {
        switch self {
        case .replace(let text), .add(let text): text
        case .new, .refuse: nil
        }
    }

    /// Suppliers of one note in one file.
    static let supplierLimit = 50

    /// The first delivery of that note and supplier in a file; `notes`: suppliers by note so far.
    static func isFirst(_ delivery: Announced, _ notes: inout [String: [String]]) -> Bool {
        let suppliers = notes[delivery.note, default: []]
        guard suppliers.count < supplierLimit, !suppliers.contains(where: { isSame($0, delivery.supplier) }) else {
            return false
        }
        notes[delivery.note] = suppliers + [delivery.supplier]
        return true
    }

    private static let forms: Set<String> = [
        "sa", "sas", "sasu", "sarl", "eurl", "sc", "gmbh", "ag", "kg", "co", "bv", "nv", "ltd", "llc", "inc", "spa",
        "srl",
        "france", "et", "cie", "fils", "ste", "societe", "ets", "the",
    ]

    /// Whether two names are of one supplier: one paper says a number (GLN), or nothing, where another has a name, and one
    /// leaves out the form of the company or the agency.
    static func isSame(_ a: String, _ b: String) -> Bool {
        let names = [a, b].map { Cell.folded($0).split(separator: " ") }
        guard names.allSatisfy({ $0.contains { $0.contains(where: \.isLetter) } }) else {
            // Two numbers may be compared.
            let numbers = names.map { $0.joined() }
            let areNumbers = numbers.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
            return !areNumbers || numbers[0] == numbers[1]
        }
        let bare = names.map { $0.filter { !forms.contains(String($0)) } }
        guard !bare[0].isEmpty, !bare[1].isEmpty else { return names[0] == names[1] }
        return bare[0].starts(with: bare[1]) || bare[1].starts(with: bare[0])
    }
}

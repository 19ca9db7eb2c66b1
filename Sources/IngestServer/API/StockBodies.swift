import Depot
import HTTPTypes
import Model

/// What is asked about articles and tags. Members that are left out stay as they are.
struct SaveProduct: Sendable {
    struct Carton: Sendable {
        var gtin = ""
        var quantity: Quantity = 0

        static let bad = APIProblem(
            .badRequest, "bad-gtin",
            "A carton has a GTIN of its own and a quantity of more than 0, up to \(Piece.quantities.upperBound).")

        static let shape = BodyShape(
            "SaveCarton", Self(),
            [.text("gtin", 64, \.gtin, or: bad), .quantity("quantity", Piece.quantities, \.quantity, or: bad)])
    }

    var description: String?
    var reference: String?
    var supplier: String?
    var unit: String?
    var minimum: Quantity?
    var cartons: [Carton] = []
    var codes: [String] = []

    static let shape = BodyShape(
        "SaveProduct", Self(),
        [
            .line("description", 200, \.description), .line("reference", 64, \.reference),
            .line("supplier", 120, \.supplier), .line("unit", 20, \.unit),
            .quantity("minimum", 0...Import.quantities.upperBound, \.minimum),
            .list("cartons", 100, of: Carton.shape, \.cartons), .lines("codes", 50, of: 64, \.codes),
        ])
}

struct FindTag: Sendable {
    var epc = ""

    static let badTag = APIProblem(.badRequest, "bad-epc", "A tag is written in hexadecimal digits.")
    static let shape = BodyShape(
        "FindTag", Self(), [.text("epc", TagSearchDesk.digits.upperBound, \.epc, or: badTag)])
}

import Depot
import Model
import Testing

@testable import IngestServer

/// Bodies of requests, read by the list that the document is made from; no process is started.
struct BodyTests {
    private struct Body: Sendable {
        var schema: AnswerSchema
        var read: @Sendable (JSON) throws -> Void

        init<Value>(_ shape: BodyShape<Value>) {
            schema = shape.schema
            read = { _ = try shape.read($0) }
        }
    }

    private let bodies = [
        Body(OpenDelivery.shape), Body(BlindDelivery.shape), Body(SetMode.shape), Body(Decide.shape),
        Body(CloseDelivery.shape), Body(OpenTake.shape), Body(PostTake.shape), Body(NameCall.shape),
        Body(WriteNote.shape), Body(Dial.shape), Body(HangUp.shape), Body(TransferCall.shape), Body(TakeMissed.shape),
        Body(SetReminder.shape), Body(SettleReminder.shape), Body(NewClient.shape), Body(GiveNumber.shape),
        Body(SignIn.shape), Body(ClaimTelephone.shape), Body(ChangePassword.shape), Body(ChangePerson.shape),
        Body(NewPerson.shape), Body(SetRole.shape), Body(Scope.shape), Body(RetryPush.shape), Body(DropPush.shape),
        Body(SaveProduct.shape),
        Body(SaveProduct.Carton.shape), Body(FindTag.shape),
    ]

    /// Values of every kind, of which at least one is wrong for any type.
    private let values: [JSON] = [
        "text", "01ARZ3NDEKTSV4RRFFQ69G5FAV", .int(7), .int(-7), .number(1.5), true, .array(["a", 1]),
        .array([.array([])]),
        .object([("a", 1)]), .string(String(repeating: "x", count: 5000)),
    ]

    private func problem(_ body: Body, _ json: JSON) -> APIProblem? {
        do {
            try body.read(json)
        } catch let problem as APIProblem { return problem } catch { Issue.record("\(error)") }
        return nil
    }

    private func named(_ schema: AnswerSchema) -> String {
        if case .named(let name, _) = schema { name } else { "?" }
    }

    @Test func whatTheDocumentRequiresTheReaderRequires() {
        for body in bodies {
            let isRequired = body.schema.members.contains(where: \.isRequired)
            #expect((problem(body, .members([])) != nil) == isRequired, "\(named(body.schema))")
            #expect(problem(body, .array([]))?.code == "bad-body", "\(named(body.schema))")
        }
    }

    /// What the schema does not take is refused with 400, whatever it is; null and strangers are passed over.
    @Test func whatTheDocumentDoesNotTakeTheReaderDoesNotTake() {
        for body in bodies {
            for member in body.schema.members {
                // Objects in lists are judged by their own shape.
                if case .nullable(.limited(.list(.named), _)) = member.schema { continue }
                for value in values where member.schema.objection(to: value) != nil {
                    let found = problem(body, .object([(member.name, value)]))
                    #expect(found != nil, "\(named(body.schema)).\(member.name) took \(value)")
                }
            }
            guard !body.schema.members.contains(where: \.isRequired) else { continue }
            let empty = JSON.object(body.schema.members.map { ($0.name, .null) } + [("new-here", .int(1))])
            #expect(problem(body, empty) == nil, "\(named(body.schema))")
        }
    }

    @Test func aSentenceNamesTheMember() {
        let long = JSON.object([
            ("zone", "dock"), ("supplier", "x"), ("note", .string(String(repeating: "n", count: 65))),
        ])
        #expect(problem(Body(BlindDelivery.shape), long)?.detail == "note has more than 64 characters.")
        #expect(
            problem(Body(OpenTake.shape), .object([("zone", "a"), ("blind", 1)]))?.detail
                == "blind is not true or false.")
        #expect(problem(Body(OpenDelivery.shape), .object([("zone", " \u{7} ")]))?.code == "zone-needed")
        let decimals = JSON.object([("kind", "adjust"), ("quantity", .number(0.0001))])
        #expect(problem(Body(Decide.shape), decimals)?.code == "bad-quantity")
    }

    @Test func whatIsReadIsWhatWasAsked() throws {
        let take = try OpenTake.shape.read(.object([("zone", "  shelf 3 "), ("sources", ["a", " ", "b\u{0}"])]))
        #expect(take.zone == "shelf 3" && take.sources == ["a", "b"] && take.blind)
        let product = try SaveProduct.shape.read(
            .object([
                ("minimum", .number(2.5)),
                ("cartons", .array([.object([("gtin", "13608439390613"), ("quantity", 10)])])),
            ]))
        #expect(product.minimum == Quantity(thousandths: 2500) && product.cartons.map(\.quantity) == [10])
        #expect(throws: APIProblem.self) {
            _ = try SaveProduct.shape.read(.object([("cartons", .array([.object([("gtin", "1")])]))]))
        }
        let person = try ChangePerson.shape.read(.object([("rights", ["stock"]), ("pin", "")]))
        #expect(person.change == AccountChange(pin: "", rights: [.stock]))
    }

    /// As JSON Schema says it.
    @Test func limitsStandInTheDocument() {
        let schema = AnswerSchema.limited(.text, .init(length: 1...64)).json
        #expect(schema == .object([("type", "string"), ("minLength", 1), ("maxLength", 64)]))
        let list = AnswerSchema.limited(.list(.text), .init(length: 0...3)).json
        #expect(list["maxItems"] == 3 && list["minItems"] == nil)
        let quantity = AnswerSchema.limited(.number, .init(quantity: 0...Quantity(thousandths: 1500))).json
        #expect(quantity["minimum"] == 0 && quantity["maximum"] == .number(1.5))
    }
}

import ERPPeers
import Model
import TestSupport
import Testing

@testable import ERP

/// Exchanges of real servers of 17.0 and 19.0 around counts, put-aways, units, rights and languages
/// (Recordings/odoo-flows, `situation-number-what`): the codec understands them, and the stand-in answers in their form.
struct OdooFlowRecordingTests {
    static let names = Fixture.list("ERPTests/Recordings/odoo-flows").filter { $0.hasSuffix(".json") }

    /// The refusals; every other recording is a result. A model that is not installed is `unsupported` in any language.
    static let faults: [String: ERPFault.Kind] = [
        "13-04": .right, "07-02": .unsupported, "07-04": .rule, "07-05": .right, "07-07": .unsupported, "07-09": .rule,
        "07-10": .right, "07-11": .unsupported, "07-12": .unsupported, "07-13": .right,
    ]

    struct Recording {
        var call: OdooCall
        var isJSON2: Bool
        var reply: ERPReply
        var result: JSON?

        init?(_ name: String) throws {
            let recording = try Fixture.json("ERPTests/Recordings/odoo-flows/\(name)")
            let (path, body) = (recording["request"]?["path"]?.text ?? "", recording["request"]?["body"] ?? .null)
            let answer = recording["response"]?["body"] ?? .null
            isJSON2 = path.hasPrefix("/json/2/")
            reply = ERPReply(
                status: Int(recording["response"]?["status"]?.integer ?? 0),
                headers: ["content-type": "application/json"], body: answer.text8)
            if isJSON2 {
                let parts = path.split(separator: "/").map { String($0) }
                call = OdooCall(
                    model: parts[2], method: parts[3], ids: body["ids"]?.list?.compactMap(\.integer),
                    options: body.fields?.filter { !["ids", "context"].contains($0.name) } ?? [],
                    context: body["context"]?.fields ?? [])
                result = answer
            } else {
                guard let arguments = body["params"]?["args"]?.list, arguments.count > 5 else { return nil }
                let options = arguments.count > 6 ? arguments[6].fields ?? [] : []
                call = OdooCall(
                    model: arguments[3].text ?? "", method: arguments[4].text ?? "",
                    arguments: arguments[5].list?.map { JSON.Member("", $0) } ?? [],
                    options: options.filter { $0.name != "context" })
                result = answer["result"]
            }
        }
    }

    @Test(arguments: names)
    func anAnswerIsUnderstood(name: String) throws {
        let recording = try #require(try Recording(name))
        let door: OdooDoor.Kind = recording.isJSON2 ? .json2 : .jsonrpc(uid: 6)
        let number = String(name.dropFirst(5).prefix(5))
        guard let kind = OdooFlowRecordingTests.faults[number] else {
            let result = try OdooAnswer.result(of: recording.reply, door: door, isReading: recording.call.isReading)
            #expect(result == recording.result ?? .null)
            return
        }
        do throws(ERPFault) {
            _ = try OdooAnswer.result(of: recording.reply, door: door, isReading: recording.call.isReading)
            Issue.record("\(name) is no refusal")
        } catch {
            #expect(error.kind == kind, "\(name)")
        }
    }

    /// Every field that was read is there, with a value of the same form or an empty one.
    @Test(arguments: names)
    func theStandInReadsInTheSameForm(name: String) throws {
        let recording = try #require(try Recording(name))
        guard ["search_read", "read"].contains(recording.call.method), let there = recording.result?.list?.first else {
            return
        }
        // Ids and names are those of another database.
        var server = OdooServer(series: name.hasPrefix("17") ? 17 : 19)
        OdooFlowRecordingTests.prepare(&server)
        let fields = recording.call.options.first { $0.name == "fields" }?.value.list?.compactMap(\.text) ?? []
        let call = OdooCall.search(recording.call.model, [], fields)
        let door = OdooDoor(
            kind: .jsonrpc(uid: server.series >= 19 ? 6 : 7), database: "depot", secret: "manager-secret")
        let answer = server.answer(door.request(call))
        let reply = try #require(answer)
        let here = try #require(try OdooAnswer.result(of: reply).list?.first, "\(name)")
        #expect(Set(here.fields?.map(\.name) ?? []) == Set(there.fields?.map(\.name) ?? []), "\(name)")
        for member in there.fields ?? [] {
            let (one, other) = (form(member.value), form(here[member.name] ?? .null))
            #expect(one == other || one == "empty" || other == "empty", "\(name): \(member.name)")
        }
    }

    private func form(_ value: JSON) -> String {
        switch value {
        case false, .null: "empty"
        case .bool: "truth"
        case .int, .number: "number"
        case .string: "text"
        case .array(let values): values.count == 2 && values[1].text != nil ? "record" : "list"
        case .members: "object"
        }
    }

    private static func prepare(_ server: inout OdooServer) {
        server.addExpiry(to: [9])
        server.addLot("L-1", product: 9)
        server.receive(1, [1: 60])
    }

    /// The steps of a conflict and of a lot without a date, by the recorded calls.
    @Test(arguments: [17, 19])
    func theStandInAsksAsRecorded(series: Int) throws {
        var server = OdooServer(series: series)
        let door = OdooDoor(kind: .jsonrpc(uid: series >= 19 ? 6 : 7), database: "depot", secret: "manager-secret")
        func ask(_ call: OdooCall) throws -> JSON {
            let answer = server.answer(door.request(call))
            let reply = try #require(answer)
            return try OdooAnswer.result(of: reply)
        }
        func keys(_ name: String) throws -> [String]? {
            try Recording("\(series).0/\(name).json")?.result?.fields?.map(\.name)
        }
        let mode = [JSON.Member("inventory_mode", true)]
        let set = OdooCall.write("stock.quant", [15], .object([("inventory_quantity", 990)]), context: mode)
        #expect(try ask(set) == true)
        server.move(product: 8, by: 6)
        let apply = OdooCall.act("stock.quant", "action_apply_inventory", [15], context: mode)
        let question = try ask(apply)
        #expect(question.fields?.map(\.name) == (try keys("02-05-apply-outdated")))
        let wizard = try ask(
            .create("stock.inventory.conflict", [.members([])], context: question["context"]?.fields ?? [])
        ).odooIDs
        #expect(try ask(.act("stock.inventory.conflict", "action_keep_difference", wizard)) == .null)
        #expect(server.onHand(product: 8) == 996)
        // A counted nothing is not the same as nothing counted.
        #expect(try ask(.write("stock.quant", [15], .object([("inventory_quantity", 0)]), context: mode)) == true)
        #expect(server.waitingCounts == 1)
        #expect(try ask(.act("stock.quant", "action_clear_inventory_quantity", [15])) == .null)
        #expect(server.waitingCounts == 0 && server.onHand(product: 8) == 996)

        server.addExpiry(to: [9])
        let receipt = server.addReceipt(supplier: server.firstSupplier, origin: "E", lines: [(9, 2)])
        server.receive(receipt, lots: ["E2"], validates: false)
        let validated = try ask(.act("stock.picking", "button_validate", [receipt]))
        if series >= 19 {
            #expect(validated.fields?.map(\.name) == (try keys("16-08-no-expiry-validate")))
        } else {
            #expect(validated == true)
        }
    }
}

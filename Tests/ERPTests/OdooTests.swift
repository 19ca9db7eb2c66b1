import ERPPeers
import Model
import TestSupport
import Testing

@testable import ERP

/// The codec and the stand-in against every recorded exchange of Odoo 17.0 and 19.0.
struct OdooRecordingTests {
    static let names = Fixture.list("ERPTests/Recordings/odoo").filter { $0.hasSuffix(".json") }

    /// The faults of the recorded refusals; every other recording is a result.
    static let faults: [String: ERPFault.Kind] = [
        "17.0/04-error-bad-password": .credentials, "19.0/04-error-bad-password": .credentials,
        "17.0/25-error-serial-missing": .rule, "17.0/30-error-serial-duplicate": .rule,
        "17.0/63-error-private-method": .unsupported, "19.0/63-error-private-method": .unsupported,
        "19.0/65-error-missing-record": .gone, "17.0/66-error-required-field": .rule,
        "17.0/67-error-access": .right, "19.0/67-error-access": .right, "19.0/69-error-json-rpc-batch": .foreign,
        "19.0/72-web-session-expired": .credentials, "17.0/73-json2-search-read": .foreign,
        "19.0/78-json2-unknown-model": .unsupported, "19.0/81-json2-user-error": .gone,
    ]

    private static func reply(_ recording: JSON) -> ERPReply {
        let response = recording["response"]
        let body = response?["body"] ?? .null
        return ERPReply(
            status: Int(response?["status"]?.integer ?? 0),
            headers: ["content-type": response?["headers"]?["Content-Type"]?.text ?? ""],
            body: body.text.map { Array($0.utf8) } ?? body.text8)
    }

    @Test(arguments: names)
    func anAnswerIsUnderstood(name: String) throws {
        let recording = try Fixture.json("ERPTests/Recordings/odoo/\(name)")
        let reply = OdooRecordingTests.reply(recording)
        let isJSON2 = recording["request"]?["path"]?.text?.hasPrefix("/json/2/") == true
        let door: OdooDoor.Kind = isJSON2 ? .json2 : .jsonrpc(uid: 6)
        guard let kind = OdooRecordingTests.faults[String(name.dropLast(5))] else {
            let body = recording["response"]?["body"] ?? .null
            let result = try OdooAnswer.result(of: reply, door: door)
            #expect(result == (isJSON2 ? body : body["result"] ?? .null))
            return
        }
        let fault = #expect(throws: ERPFault.self) { try OdooAnswer.result(of: reply, door: door) }
        #expect(fault?.kind == kind)
        #expect(fault?.sentence.contains("raceback") == false)
        #expect((fault?.sentence.count ?? 0) <= 302)
    }

    @Test(arguments: names)
    func aRequestIsWrittenAsRecorded(name: String) throws {
        let request = try #require(try Fixture.json("ERPTests/Recordings/odoo/\(name)")["request"])
        let path = try #require(request["path"]?.text)
        let body = try #require(request["body"])
        if path.hasPrefix("/json/2/") {
            let parts = path.split(separator: "/").map { String($0) }
            let rest = body.fields?.filter { !["ids", "context"].contains($0.name) } ?? []
            let call = OdooCall(
                model: parts[2], method: parts[3], ids: body["ids"]?.list?.compactMap(\.integer), options: rest,
                context: body["context"]?.fields ?? [])
            let written = OdooDoor(kind: .json2, database: "depot", secret: "<key>").request(call)
            #expect(written.path == path)
            #expect(written.body == body)
            #expect(written.headers.contains { $0.name == "Authorization" && $0.value == "bearer <key>" })
            #expect(written.headers.contains { $0.name == "X-Odoo-Database" && $0.value == "depot" })
            return
        }
        guard let parameters = body["params"]?["args"]?.list, body["params"]?["service"] == "object" else { return }
        let options = parameters.count > 6 ? parameters[6].fields ?? [] : []
        let call = OdooCall(
            model: parameters[3].text ?? "", method: parameters[4].text ?? "",
            arguments: parameters[5].list?.map { JSON.Member("", $0) } ?? [],
            options: options.filter { $0.name != "context" },
            context: options.first { $0.name == "context" }?.value.fields ?? [])
        let door = OdooDoor(
            kind: .jsonrpc(uid: parameters[1].integer ?? 0), database: "depot", secret: parameters[2].text ?? "")
        let written = door.request(call)
        #expect(written.path == path)
        // Where no option was given, the recording may leave the last argument out.
        #expect(written.body == body || written.body?["params"]?["args"]?.list?.dropLast() == parameters[...])
    }

    @Test func theCallsOfTheConnectorAreThoseOfTheRecordings() throws {
        let door = OdooDoor(kind: .jsonrpc(uid: 6), database: "depot", secret: "gateway-secret")
        func body(_ name: String) throws -> JSON? {
            try Fixture.json("ERPTests/Recordings/odoo/17.0/\(name).json")["request"]?["body"]
        }
        let values = JSON.object([("quantity", 50), ("picked", true), ("location_dest_id", 17)])
        #expect(door.request(.write("stock.move.line", [19], values)).body == (try body("16-receipt-set-line")))
        let context = [
            JSON.Member("lang", "en_US"), JSON.Member("tz", "Europe/Paris"), JSON.Member("skip_backorder", true),
        ]
        let validate = OdooCall.act("stock.picking", "button_validate", [7], context: context)
        #expect(door.request(validate).body == (try body("22-receipt-validate-skip-backorder-wizard")))
        let search = OdooCall.search(
            "res.partner", [.clause("phone_sanitized", "=", "+33199001234")],
            ["name", "parent_id", "commercial_partner_id"], limit: 5)
        #expect(door.request(search).body == (try body("50-partner-by-phone-sanitized")))
    }

    // MARK: The stand-in

    /// Recordings whose numbers depend on exchanges that are not shown: compared by their shape.
    static let byShape = ["29", "32", "41", "47", "57"]

    @Test(arguments: ["17.0", "19.0"])
    func theStandInAnswersAsRecorded(series: String) throws {
        var server = OdooServer(series: series == "17.0" ? 17 : 19)
        for name in OdooRecordingTests.names where name.hasPrefix(series) {
            let number = String(name.dropFirst(5).prefix(2))
            // The browser's private door is not ours.
            guard number != "70" else { continue }
            let recording = try Fixture.json("ERPTests/Recordings/odoo/\(name)")
            OdooRecordingTests.prepare(&server, for: number)
            let request = OdooRecordingTests.request(recording["request"] ?? .null, number)
            let answer = server.answer(request)
            let reply = try #require(answer)
            let recorded = OdooRecordingTests.reply(recording)
            #expect(reply.status == recorded.status, "\(name)")
            guard let there = try? JSON(parsing: recorded.body) else {
                #expect((try? JSON(parsing: reply.body)) == nil, "\(name)")
                continue
            }
            let (here, expected) = (
                OdooRecordingTests.tidy(try JSON(parsing: reply.body)), OdooRecordingTests.tidy(there)
            )
            if OdooRecordingTests.byShape.contains(number) {
                #expect(OdooRecordingTests.shape(here) == OdooRecordingTests.shape(expected), "\(name)")
            } else {
                #expect(here == expected, "\(name)")
            }
        }
    }

    /// What happened in exchanges that are not shown.
    private static func prepare(_ server: inout OdooServer, for number: String) {
        switch number {
        case "28", "29":
            guard server.state(ofReceipt: 3) == "assigned" else { return }
            server.receive(
                3, lots: ["LOT-3G15-77", "LOT-3G25-78", "SN-WB7-0001", "SN-WB7-0002"], validates: number == "29")
        case "33": server.receive(4, lots: [], validates: false)
        case "35": server.receive(4, [15: 5, 14: 10])
        case "42": server.count(quant: 54, product: 3, as: 2)
        case "44":
            server.count(quant: 15, product: 8, as: 990)
            server.move(product: 8, by: 10)
        case "47" where server.series == 17:
            let door = OdooDoor(kind: .jsonrpc(uid: 7), database: "depot", secret: "manager-secret")
            let context = [JSON.Member("default_quant_ids", [15])]
            _ = server.answer(door.request(.create("stock.inventory.conflict", [.members([])], context: context)))
            _ = server.answer(door.request(.act("stock.inventory.conflict", "action_keep_counted_quantity", [1])))
        default: break
        }
    }

    private static func request(_ recorded: JSON, _ number: String) -> ERPRequest {
        let path = recorded["path"]?.text ?? ""
        var body = recorded["body"] ?? .null
        if number == "05" { body = replacing(body, "<secret>", "gateway-key") }
        // The receipt of the rest is the fifth here.
        if number == "22" { body = replacingRecord(body, 7, 5) }
        guard path.hasPrefix("/json/2/") else { return ERPRequest(path: path, body: body, summary: "") }
        let parts = path.split(separator: "/").map { String($0) }
        let call = OdooCall(model: parts[2], method: parts[3])
        var request = OdooDoor(kind: .json2, database: "depot", secret: "gateway-key").request(call)
        request.body = body
        return request
    }

    private static func replacing(_ value: JSON, _ text: String, _ other: String) -> JSON {
        switch value {
        case .string(text): .string(other)
        case .array(let values): .array(values.map { replacing($0, text, other) })
        case .members(let members): .members(members.map { JSON.Member($0.name, replacing($0.value, text, other)) })
        default: value
        }
    }

    private static func replacingRecord(_ value: JSON, _ id: Int64, _ other: Int64) -> JSON {
        switch value {
        case .int(id): .int(other)
        case .array(let values): .array(values.map { replacingRecord($0, id, other) })
        case .members(let members): .members(members.map { JSON.Member($0.name, replacingRecord($0.value, id, other)) })
        default: value
        }
    }

    /// Without tracebacks.
    private static func tidy(_ value: JSON) -> JSON {
        switch value {
        case .array(let values): .array(values.map { tidy($0) })
        case .members(let members):
            .members(members.map { JSON.Member($0.name, $0.name == "debug" ? "" : tidy($0.value)) })
        default: value
        }
    }

    private static func shape(_ value: JSON) -> JSON {
        switch value {
        case .int: 0
        case .number: .number(0)
        case .string: ""
        case .array(let values): .array(values.map { shape($0) })
        case .members(let members): .members(members.map { JSON.Member($0.name, shape($0.value)) })
        default: value
        }
    }
}

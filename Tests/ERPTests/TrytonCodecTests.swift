import Model
import TestSupport
import Testing

@testable import ERP

/// The codec against every recorded exchange of Tryton 7.0, 8.0 and 8.2.
struct TrytonCodecTests {
    static let names = Fixture.list("ERPTests/Recordings/tryton").filter { $0.hasSuffix(".json") }

    /// What the recorded refusals are, by name; every other recording is a result.
    static let faults: [String: ERPFault.Kind] = [
        "login-challenge": .credentials, "error-lot-required": .rule, "receipt-create-incomplete": .rule,
        "error-validation": .rule, "error-unknown-model": .unsupported, "error-method-not-exposed": .right,
        "error-missing-context": .unsupported, "error-unknown-field": .unsupported, "error-missing-record": .gone,
        "error-shape-without-id": .rule, "error-access": .right, "login-throttled": .busy,
        "rest-validation-error": .rule,
    ]
    static let noSession = ["login-refused", "no-session", "session-ended", "rest-bad-key"]

    static func plain(_ name: String) -> String { String(name.split(separator: "/")[1].dropFirst(3).dropLast(5)) }

    static func reply(_ recording: JSON) -> ERPReply {
        let response = recording["response"]
        let body = response?["body"] ?? .null
        var headers: [String: String] = [:]
        for header in response?["headers"]?.fields ?? [] { headers[header.name.lowercased()] = header.value.text }
        return ERPReply(
            status: Int(response?["status"]?.integer ?? 0), headers: headers,
            body: body.text.map { Array($0.utf8) } ?? body.text8)
    }

    /// A stranger in between may ask for any wait.
    @Test(arguments: [(Int.max, 86_400), (-5, 0), (7, 7)])
    func aWaitIsADayAtMost(asked: Int, kept: Int) {
        #expect(ERPFault(.busy, "later", retryAfter: asked).retryAfter == kept)
    }

    @Test func everySeriesIsRecorded() {
        #expect(Set(Self.names.map { $0.prefix(3) }) == ["7.0", "8.0", "8.2"])
        #expect(Self.names.count > 180)
    }

    @Test(arguments: names)
    func anAnswerIsUnderstood(name: String) throws {
        let recording = try Fixture.json("ERPTests/Recordings/tryton/\(name)")
        let reply = Self.reply(recording)
        let plain = Self.plain(name)
        let isREST = recording["request"]?["path"]?.text?.contains("/rest/") == true
        let read = { () throws(TrytonError) -> JSON in
            isREST ? try TrytonReply.record(reply) : try TrytonReply.result(reply)
        }
        switch Self.outcome(read) {
        case .success(let result):
            #expect(Self.faults[plain] == nil && !Self.noSession.contains(plain))
            let body = recording["response"]?["body"] ?? .null
            #expect(result == (isREST ? body : body["result"] ?? .null))
        case .failure(.noSession): #expect(Self.noSession.contains(plain))
        case .failure(.stale): #expect(plain == "error-concurrency")
        case .failure(.warning(let warning, let sentence)):
            #expect(plain == "error-warning-no-origin")
            #expect(TrytonError.kind(ofWarning: warning) == "done" && sentence.contains("have no origin"))
        case .failure(.fault(let fault)):
            // Before 8.0 a repeated step is left out in silence; after, it is refused.
            let expected = plain == "receipt-receive-again" ? .rule : Self.faults[plain]
            #expect(fault.kind == expected, "\(fault)")
            #expect(fault.sentence.count <= 301)
        }
    }

    /// A recorded call, written again by our codec, is the same request.
    @Test(arguments: names)
    func aCallIsWrittenAsRecorded(name: String) throws {
        let request = try #require(try Fixture.json("ERPTests/Recordings/tryton/\(name)")["request"])
        guard let method = request["body"]?["method"]?.text, method.hasPrefix("model."), request["body"]?["id"] != nil,
            !["error-missing-context", "no-session"].contains(Self.plain(name)),
            let parameters = request["body"]?["params"]?.list, let context = parameters.last?.fields
        else { return }
        let parts = method.split(separator: ".").map { String($0) }
        let model = parts[1..<(parts.count - 1)].joined(separator: ".")
        var call: TrytonCall
        switch parts[parts.count - 1] {
        case "search_read":
            guard parameters[1] == 0 else { return }
            call = .search(
                model, parameters[0], limit: parameters[2].integer.map { Int($0) },
                order: parameters[3] == .null ? nil : parameters[3], (parameters[4].list ?? []).compactMap(\.text))
        case "create": call = .create(model, parameters[0].list ?? [])
        case "write":
            let sets = stride(from: 0, to: parameters.count - 1, by: 2).map { at in
                TrytonCall.Change(ids: (parameters[at].list ?? []).compactMap(\.integer), values: parameters[at + 1])
            }
            call = TrytonCall(model: model, verb: .write(sets))
        case "receive", "do", "done", "confirm", "complete_lines":
            call = TrytonCall(
                model: model, verb: .button(parts[parts.count - 1], ids: parameters[0].list ?? [], arguments: []))
        default:
            let arguments = parameters.dropLast().map { JSON.Member("argument", $0) }
            call = TrytonCall(model: model, verb: .method(parts[parts.count - 1], arguments: arguments))
        }
        call.stamps = context.first { $0.name == "_timestamp" }?.value.fields ?? []
        var codec = TrytonCodec(database: "depot", isModern: !name.hasPrefix("7"), usesKey: false)
        codec.context = context.filter { $0.name != "_timestamp" }
        let written = codec.requests(call)
        #expect(written.count == 1)
        #expect(written.first?.path == request["path"]?.text)
        #expect(written.first?.body == request["body"])
    }

    private static func outcome(_ read: () throws(TrytonError) -> JSON) -> Result<JSON, TrytonError> {
        do throws(TrytonError) { return .success(try read()) } catch { return .failure(error) }
    }

    @Test func aBodyHasExactlyThreeKeysAndTheContextComesLast() {
        var codec = TrytonCodec(database: "depot", isModern: true, usesKey: false)
        codec.context = [JSON.Member("company", 1)]
        let body = codec.requests(.button("stock.shipment.in", "receive", 7))[0].body
        #expect(
            body?.description == #"{"id":1,"method":"model.stock.shipment.in.receive","params":[[7],{"company":1}]}"#)
    }

    @Test func aSessionIsBase64WithItsPadding() {
        #expect(TrytonCodec.header(user: "gateway", id: 2, token: "abc") == "Session Z2F0ZXdheToyOmFiYw==")
        for text in ["", "a", "ab", "abc", "abcd", "\u{FF}\u{FE}é"] {
            #expect(TrytonBase64.bytes(TrytonBase64.text(Array(text.utf8))) == Array(text.utf8))
            #expect(TrytonBase64.bytes(TrytonBase64.text(Array(text.utf8), isURLSafe: true)) == Array(text.utf8))
        }
    }

    @Test func valuesOfTheirClassesAreRead() throws {
        #expect(TrytonValue.day(TrytonValue.date("2026-02-03")) == "2026-02-03")
        #expect(TrytonValue.date("2026-2-3") == nil && TrytonValue.date("tomorrow") == nil)
        let instant = try JSON(
            parsing: #"{"__class__":"datetime","year":2026,"month":11,"day":2,"hour":3,"minute":4,"second":5}"#)
        #expect(TrytonValue.instant(instant) == "2026-11-02T03:04:05Z" && TrytonValue.day(instant) == "2026-11-02")
        #expect(TrytonValue.decimalText(TrytonValue.decimal("232.60")) == "232.60")
        #expect(TrytonValue.decimalText(7) == "7" && TrytonValue.decimalText(.null) == nil)
        #expect(TrytonValue.bytes(in: TrytonValue.bytes([0, 255, 16])) == [0, 255, 16])
        #expect(TrytonValue.reference("purchase.line,11")?.id == 11 && TrytonValue.reference("purchase.line,-1") == nil)
    }

    @Test func anErrorThatIsCutOffKeepsItsWords() {
        let body =
            #"{"id":1,"error":["UserError",["The value \"5\" is not valid.","",[[["state""#
            + String(repeating: "x", count: 182_000)
        let result = Self.outcome { () throws(TrytonError) in
            try TrytonReply.result(ERPReply(status: 200, headers: ["content-encoding": "gzip"], body: Array(body.utf8)))
        }
        #expect(result == .failure(.fault(ERPFault(.rule, #"The value "5" is not valid."#))))
    }

    @Test(arguments: [
        (301, "", ERPFault.Kind.foreign), (200, "<html>Welcome</html>", .foreign), (200, "[]", .foreign),
        (502, "", .unknownOutcome),
        (503, "", .busy), (429, "", .busy), (404, "", .gone), (504, "", .unknownOutcome), (413, "", .rule),
        (200, #"{"id":1,"error":["database is locked","Traceback: /usr/lib/python3"]}"#, .busy),
    ])
    func whatIsNoAnswerIsTold(status: Int, body: String, kind: ERPFault.Kind) {
        let result = Self.outcome { () throws(TrytonError) in
            try TrytonReply.result(ERPReply(status: status, headers: ["retry-after": "7"], body: Array(body.utf8)))
        }
        guard case .failure(.fault(let fault)) = result else {
            Issue.record("no fault")
            return
        }
        #expect(fault.kind == kind && !fault.sentence.contains("Traceback"))
    }

    @Test func aCartonIsNoPiece() {
        let identifiers: JSON = [
            .object([("type", "ean"), ("code", "9521321000018")]),
            .object([("type", "ean"), ("code", "19521321000015")]),
            .object([("type", "ean"), ("code", "96385074")]), .object([("type", "brand"), ("code", "9521321000018")]),
            .object([("type", "ean"), ("code", "952-1")]),
        ]
        #expect(TrytonProduct.gtins(identifiers) == ["09521321000018", "00000096385074"])
        #expect(
            GTINForm.all("00000096385074") == ["00000096385074", "0000096385074", "000096385074", "96385074"])
        #expect(GTINForm.all("19521321000015") == ["19521321000015"])
    }
}

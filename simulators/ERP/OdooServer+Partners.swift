import Model

/// Partners, their numbers and what is noted about them (`res.partner`, `mail.message`).
extension OdooServer {
    func commercialPartner(_ id: Int64) -> Int64 {
        var partner = id
        while !truth("res.partner", partner, "is_company"), let parent = link("res.partner", partner, "parent_id") {
            partner = parent
        }
        return partner
    }

    private func numbers(_ partner: Int64) -> [String] {
        ["mobile", "phone"].map { text("res.partner", partner, $0) }.filter { !$0.isEmpty }
    }

    static func digits(_ text: String) -> String { text.filter { ("0"..."9").contains($0) } }

    /// E.164 of the first number that the library takes for valid. The fiction block 06 39 98 is none (libphonenumber).
    func sanitized(_ partner: Int64) -> String? {
        for number in numbers(partner) {
            var digits = OdooServer.digits(number)
            if number.hasPrefix("+33") { digits = "0" + digits.dropFirst(2) }
            guard digits.utf8.count == 10, digits.hasPrefix("0"), !digits.hasPrefix("063998") else { continue }
            return "+33" + digits.dropFirst()
        }
        return nil
    }

    /// Ignores punctuation and compares what is stored: an international form is not found as a national one.
    func matchesPhone(_ partner: Int64, _ comparison: String, _ value: String) throws(OdooError) -> Bool {
        guard value.count >= 3 else {
            throw .user("Please enter at least 3 characters when searching a Phone/Mobile number.")
        }
        let stored = numbers(partner).map { $0.filter { $0 == "+" || ("0"..."9").contains($0) } }
        let digits = OdooServer.digits(value)
        let forms =
            value.hasPrefix("+") || value.hasPrefix("00")
            ? ["+" + (value.hasPrefix("00") ? String(digits.dropFirst(2)) : digits), "00" + digits] : [digits]
        if comparison == "=" { return stored.contains { forms.contains($0) } }
        guard comparison == "like" || comparison == "ilike" else { throw .value("Invalid operator \(comparison)") }
        return stored.contains { number in forms.contains { OdooDomain.like(number, "%\($0)%") } }
    }

    mutating func post(_ call: OdooInvocation) throws(OdooError) -> JSON {
        var last: Int64 = 0
        for id in try existing(call.model, call.ids) {
            let body = call.named["body"]?.text ?? ""
            // To 16 the body is HTML as it comes.
            let isHTML = series < 17 || call.named["body_is_html"] == true
            if series < 17, call.named["body_is_html"] != nil {
                throw OdooError(
                    name: "builtins.TypeError", message: "message_post() got an unexpected keyword 'body_is_html'")
            }
            last = note(call.model, id, isHTML ? body : OdooServer.escaped(body))
        }
        return series >= 19 ? [.int(last)] : .int(last)
    }

    mutating func note(_ model: String, _ id: Int64, _ html: String) -> Int64 {
        insert(
            "mail.message",
            [
                "model": .string(model), "res_id": .int(id), "body": .string("<p>\(html)</p>"),
                "date": "2026-11-22 06:00:00",
            ])
    }

    static func escaped(_ text: String) -> String {
        text.map { sign in
            switch sign {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            default: String(sign)
            }
        }.joined()
    }

    /// Posts what an activity said on its record, with what is said of it now, and takes it away
    /// (`mail.activity._action_done`). A type that keeps what is done archives it instead: no search shows it either way.
    mutating func feedback(_ call: OdooInvocation) throws(OdooError) -> JSON {
        var last: Int64?
        for id in try existing(call.model, call.ids) {
            let said = [
                text(call.model, id, "summary"), OdooServer.escaped(call.named["feedback"]?.text ?? ""),
                text(call.model, id, "note"),
            ]
            let model = text(call.model, id, "res_model")
            let record = raw(call.model, id, "res_id").integer ?? 0
            last = note(model, record, said.filter { !$0.isEmpty }.joined(separator: "<br>"))
            tables.records[call.model]?[id] = nil
        }
        return last.map { .int($0) } ?? false
    }

    mutating func schedule(_ call: OdooInvocation) throws(OdooError) -> JSON {
        guard call.named["act_type_xmlid"]?.text == "mail.mail_activity_data_call" else {
            throw .value("External ID not found in the system: \(call.named["act_type_xmlid"]?.text ?? "")")
        }
        // Whoever schedules it does it, unless somebody else is named.
        let user = call.named["user_id"]?.integer ?? current
        if call.named["user_id"]?.integer != nil { _ = try existing("res.users", [user]) }
        var last: Int64 = 0
        for id in try existing(call.model, call.ids) {
            last = insert(
                "mail.activity",
                [
                    "res_model": .string(call.model), "res_id": .int(id), "summary": call.named["summary"] ?? false,
                    "note": call.named["note"] ?? false, "date_deadline": call.named["date_deadline"] ?? false,
                    "activity_type_id": 2, "user_id": .int(user),
                ])
        }
        return series >= 19 ? [.int(last)] : .string("mail.activity(\(last),)")
    }
}

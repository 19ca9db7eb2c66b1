import Model

/// Calls and clients: not repeatable by themselves, so our key is kept with them and searched before.
extension OdooConnector {
    /// The key stands in square brackets: `quai/call/1` is not found in `quai/call/17`.
    static func mark(_ key: String) -> String { "[\(key)]" }

    /// A note on the client, or an activity where somebody is to call back. A call-back that was done meanwhile is
    /// gone, but what it said is among the notes.
    func log(_ push: CallPush, dry: Bool, after: ERPFault?) async throws(ERPFault) -> PushOutcome {
        if !push.closes.isEmpty { return try await close(push, dry: dry, after: after) }
        let party = try id(push.party, "client")
        let isActivity = push.callBackOn != nil
        if let found = try await logged(push.key, party, isActivity: isActivity) {
            return .done(id: String(found), "The call is in Odoo already.")
        }
        // Nobody marked it there, whatever was said of it here.
        if let open = try await activities(push.reopens).first {
            return .done(id: String(open), "The call back is still open in Odoo.")
        }
        if let after { throw after }
        let assignee = isActivity ? try await assignee(push.person) : nil
        let call = try await logging(push, party, assignee?.id)
        if dry { return try await planned([call]) }
        let answer = try await send(call)
        guard let id = try await logged(push.key, party, isActivity: isActivity) else {
            throw ERPFault(
                .conflict, "Odoo took the call but does not show it (answer \(answer.description.prefix(40))).")
        }
        return .done(
            id: String(id), assignee.map { "The call back is in Odoo, \($0.words)." } ?? "The call is in Odoo.")
    }

    private func logged(_ key: String, _ party: Int64, isActivity: Bool) async throws(ERPFault) -> Int64? {
        let mark = JSON.string(OdooConnector.mark(key))
        if isActivity {
            let domain = [
                JSON.clause("res_model", "=", "res.partner"), JSON.clause("res_id", "=", .int(party)),
                JSON.clause("note", "ilike", mark),
            ]
            let found = try await records(.search("mail.activity", domain, ["summary"], order: "id", limit: 1))
            if let id = found.first?["id"]?.integer { return id }
        }
        let domain = [
            JSON.clause("model", "=", "res.partner"), JSON.clause("res_id", "=", .int(party)),
            JSON.clause("body", "ilike", mark),
        ]
        return try await records(.search("mail.message", domain, ["date"], order: "id", limit: 1)).first?["id"]?.integer
    }

    private func logging(_ push: CallPush, _ party: Int64, _ assignee: Int64?) async throws(ERPFault) -> OdooCall {
        let mark = OdooConnector.mark(push.key)
        if let day = push.callBackOn {
            // The note of an activity is HTML in every series.
            let note = push.note.isEmpty ? mark : "\(push.note)\n\(mark)"
            var options = [
                JSON.Member("act_type_xmlid", "mail.mail_activity_data_call"),
                JSON.Member("summary", .string(push.subject)), JSON.Member("note", .string(OdooText.html(note))),
                JSON.Member("date_deadline", .string(day)),
            ]
            if let assignee { options.append(JSON.Member("user_id", .int(assignee))) }
            return .act("res.partner", "activity_schedule", [party], options: options)
        }
        let text = push.note.isEmpty ? "\(push.subject) \(mark)" : "\(push.subject)\n\(push.note)\n\(mark)"
        var options = [
            JSON.Member("body", .string(OdooText.html(text))), JSON.Member("message_type", "comment"),
            JSON.Member("subtype_xmlid", "mail.mt_note"),
        ]
        // To 16 the text is HTML as it is; later it is escaped unless this says otherwise.
        if try await signedIn().major >= 17 { options.append(JSON.Member("body_is_html", true)) }
        return .act("res.partner", "message_post", [party], options: options)
    }

    /// A client. Our key is its internal reference, `ref`: indexed, in every series, and compared exactly. A company
    /// and its contact are made in one call; numbers belong to the contact where there is one.
    func enter(_ push: PartyPush, dry: Bool, after: ERPFault?) async throws(ERPFault) -> PushOutcome {
        guard !push.company.isEmpty || !push.name.isEmpty else {
            throw ERPFault(.rule, "A client needs a name or a company.")
        }
        if let found = try await entered(push.key) { return .done(id: String(found), "The client is in Odoo already.") }
        if let after { throw after }
        let hasMobile = try await partnerFields().contains("mobile")
        let numbers = OdooConnector.numbers(push.numbers, hasMobile: hasMobile)
        let values: JSON
        if push.company.isEmpty || push.name.isEmpty || push.company == push.name {
            let isCompany = !push.company.isEmpty
            values = .members(
                [
                    JSON.Member("name", .string(isCompany ? push.company : push.name)),
                    JSON.Member("is_company", .bool(isCompany)), JSON.Member("ref", .string(push.key)),
                ] + numbers)
        } else {
            let contact: JSON = .members(
                [JSON.Member("name", .string(push.name)), JSON.Member("type", "contact")] + numbers)
            values = .object([
                ("name", .string(push.company)), ("is_company", true), ("ref", .string(push.key)),
                ("child_ids", [[0, 0, contact]]),
            ])
        }
        let create = OdooCall.create("res.partner", [values])
        if dry { return try await planned([create]) }
        _ = try await send(create)
        guard let id = try await entered(push.key) else {
            throw ERPFault(.conflict, "Odoo took the client but does not show it.")
        }
        return .done(id: String(id), "The client is in Odoo.")
    }

    private func entered(_ key: String) async throws(ERPFault) -> Int64? {
        try await records(
            .search("res.partner", [.clause("ref", "=", .string(key))], ["name"], order: "id", limit: 1)
        ).first?["id"]?.integer
    }

    /// The first number is the telephone, the second the mobile where there is one, others are written down.
    private static func numbers(_ numbers: [String], hasMobile: Bool) -> [JSON.Member] {
        var members: [JSON.Member] = []
        var rest = numbers[...]
        if let phone = rest.popFirst() { members.append(JSON.Member("phone", .string(phone))) }
        if hasMobile, let mobile = rest.popFirst() { members.append(JSON.Member("mobile", .string(mobile))) }
        if !rest.isEmpty {
            members.append(JSON.Member("comment", .string(OdooText.html(rest.joined(separator: "\n")))))
        }
        return members
    }
}

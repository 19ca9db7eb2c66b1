import Model

/// A call back that was done here is done in Odoo.
extension OdooConnector {
    /// Marking an activity as done posts what it said on its record and takes it away (`mail.activity.action_feedback`; some types
    /// keep it archived): one that is not found is done already, by whomever, or its client is gone. So nothing is done twice.
    /// The activity is found by the key it was made under, wherever its client was merged to.
    func close(_ push: CallPush, dry: Bool, after: ERPFault?) async throws(ERPFault) -> PushOutcome {
        let open = try await activities(push.closes)
        guard let first = open.first else {
            return .done(id: "", "The call back is not open in Odoo any more.")
        }
        // The first one may still be on its way, and would be said twice on the client.
        if let after { throw after }
        let call = OdooCall.act(
            "mail.activity", "action_feedback", open, options: [JSON.Member("feedback", .string(push.subject))])
        if dry { return try await planned([call]) }
        let answer = try await send(call)
        guard try await activities(push.closes).isEmpty else {
            throw ERPFault(
                .conflict,
                "Odoo took the call back as done, but still shows it (answer \(answer.description.prefix(40))).")
        }
        return .done(id: String(first), "The call back is done in Odoo.")
    }

    /// The user there who is a person here, by what is configured for them or else by their name: one alone, or the service's own (nil),
    /// and who it is, in words.
    func assignee(_ person: String?) async throws(ERPFault) -> (id: Int64?, words: String) {
        let own = "for the service's user"
        guard let person, !person.isEmpty else { return (nil, own) }
        let name = users[person.lowercased()] ?? person
        let domain: [JSON] =
            ["|", "|"] + ["login", "email", "name"].map { .clause($0, "=", .string(name)) }
        let found: [JSON]
        do throws(ERPFault) {
            found = try await records(.search("res.users", domain, ["name"], order: "id", limit: 2))
        } catch {
            guard error.kind == .right else { throw error }
            return (nil, "\(own): it may not read who works there (res.users)")
        }
        guard found.count == 1, let id = found[0]["id"]?.integer else {
            let why = found.isEmpty ? "Odoo has no user" : "Odoo has several users"
            return (nil, "\(own): \(why) “\(name.prefix(60))”")
        }
        return (id, "for \(found[0]["name"]?.odooText ?? name)")
    }

    /// Those that are open, by the keys under which they were made.
    func activities(_ keys: [String]) async throws(ERPFault) -> [Int64] {
        guard !keys.isEmpty else { return [] }
        let marks = keys.map { JSON.clause("note", "ilike", .string(OdooConnector.mark($0))) }
        let domain =
            [JSON.clause("res_model", "=", "res.partner")] + Array(repeating: JSON.string("|"), count: marks.count - 1)
            + marks
        return try await records(.search("mail.activity", domain, ["summary"], order: "id", limit: 20)).compactMap {
            $0["id"]?.integer
        }
    }
}

import Model

/// Calls and clients (`ir.note`, `party.party`).
extension TrytonConnector {
    /// A note on the party, with our key in its last line: searched before, read after. A day to call back is a
    /// line of the note: activities are a module of their own.
    public func push(_ call: CallPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        guard let party = Int64(call.party) else { throw ERPFault(.gone, "Party \(call.party) is gone.") }
        var lines = [call.subject]
        if !call.note.isEmpty { lines.append(call.note) }
        if let day = call.callBackOn { lines.append("Call back on \(day)") }
        lines.append("[\(call.key)]")
        let resource = "party.party,\(party)"
        let values = JSON.object([
            ("resource", .string(resource)), ("message", .string(lines.joined(separator: "\n"))),
        ])
        let creation = TrytonCall.create("ir.note", [values])
        do throws(TrytonError) {
            if let there = try await notes(resource, key: call.key).first {
                return .done(id: String(there.id), "The note is there already.")
            }
            if dry { return .planned(try await plan(creation)) }
            do throws(TrytonError) {
                _ = try await created(creation)
            } catch {
                guard error.kind == .unknownOutcome else { throw error }
            }
            guard let there = try await notes(resource, key: call.key).first else {
                throw .fault(ERPFault(.unknownOutcome, "The note did not arrive."))
            }
            return .done(id: String(there.id), "The note is there.")
        } catch {
            throw error.asFault
        }
    }

    /// A party with its numbers. The key is an identifier of the party (of no type): made in the same call, found
    /// by its code. A number that the server refuses as a phone is kept as `other`.
    public func push(_ party: PartyPush, dry: Bool) async throws(ERPFault) -> PushOutcome {
        let name = party.company.isEmpty ? party.name : party.company
        guard !name.isEmpty else { throw ERPFault(.rule, "A client needs a name.") }
        let person = party.company.isEmpty || party.name == name ? "" : party.name
        do throws(TrytonError) {
            if let there = try await self.party(key: party.key) {
                return .done(id: String(there.id), "\(there.name) is there already.")
            }
            var refused: Set<String> = []
            if dry { return .planned(try await plan(Self.creation(name, person, party, refused: refused))) }
            var isMade = false
            while !isMade {
                do throws(TrytonError) {
                    _ = try await created(Self.creation(name, person, party, refused: refused))
                    isMade = true
                } catch {
                    if error.kind == .unknownOutcome { break }
                    guard error.kind == .rule, case .fault(let fault) = error else { throw error }
                    let phones = Set(party.numbers.filter { Self.kind($0) == "phone" })
                    guard refused != phones else { throw error }
                    let named = phones.subtracting(refused).filter { fault.sentence.contains($0) }
                    // Which one is said in the user's language; where it cannot be told, all of them.
                    refused = named.isEmpty ? phones : refused.union(named)
                }
            }
            guard let there = try await self.party(key: party.key) else {
                throw .fault(ERPFault(.unknownOutcome, "The client did not arrive."))
            }
            let words =
                refused.isEmpty ? "" : " Not accepted as a telephone: \(refused.sorted().joined(separator: ", "))."
            return .done(id: String(there.id), "\(there.name) is there.\(words)")
        } catch {
            throw error.asFault
        }
    }

    private func party(key: String) async throws(TrytonError) -> (id: Int64, name: String)? {
        let domain: JSON = [["identifiers.code", "=", .string(key)], ["active", "in", [true, false]]]
        let rows = try await rows(.search("party.party", domain, limit: 1, ["name"]))
        return rows.first.flatMap { row in row["id"]?.integer.map { ($0, row["name"]?.text ?? "") } }
    }

    private static func kind(_ number: String) -> String {
        if number.contains("@") { return "email" }
        return number.hasPrefix("+") ? "phone" : "other"
    }

    private static func creation(_ name: String, _ person: String, _ party: PartyPush, refused: Set<String>)
        -> TrytonCall
    {
        let mechanisms: [JSON] = party.numbers.map { number in
            .object([
                ("type", .string(refused.contains(number) ? "other" : kind(number))), ("value", .string(number)),
                ("name", person.isEmpty ? nil : .string(person)),
            ])
        }
        return .create(
            "party.party",
            [
                .object([
                    ("name", .string(name)), ("identifiers", [["create", [.object([("code", .string(party.key))])]]]),
                    ("contact_mechanisms", mechanisms.isEmpty ? nil : [["create", .array(mechanisms)]]),
                ])
            ])
    }
}

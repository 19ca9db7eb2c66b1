/// Somebody calls whom nobody knows yet.
extension ClientDesk {
    /// Adds a client, or numbers to the one of the same name and company. Numbers as people write them; withheld ones are none.
    public func add(
        name: String, company: String, numbers: [String], plan: NumberPlan, by author: Author, at now: Int64
    ) throws -> PartyView {
        let numbers = numbers.map { plan.number($0) }.filter { $0.kind != .withheld }
        return try store.transaction {
            let id = try store.parties.add(
                name: name, company: company, reference: nil, numbers: numbers, by: author.who, at: now)
            try store.tell(Fact(.partyCreated, id), by: author, at: now)
            guard let party = try store.parties.view(id) else {
                preconditionFailure("a client that was just added is there")
            }
            return party
        }
    }
}

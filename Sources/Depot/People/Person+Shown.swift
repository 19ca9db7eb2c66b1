public import Model

/// What is shown to somebody, by what they may: the one place where lists, cards, the stream, notices and searches are narrowed.
extension Person {
    /// Of cards and pushes: no client without `clients.see`, no delivery that they would not find elsewhere, no number and no private name
    /// without `personal`.
    public func shown(_ json: JSON) -> JSON {
        let json = may(.clientsSee) && may(.deliveriesSee) && reach.zones == nil ? json : narrowed(json)
        return may(.personal) ? json : PersonalMask.masked(json)
    }

    /// A delivery, or some: without `personal` nobody sees who signed.
    public func shown(delivery json: JSON) -> JSON { may(.personal) ? json : PersonalMask.unsigned(json) }

    public func shown(_ view: DeliveryView) -> DeliveryView {
        guard !may(.personal) else { return view }
        var view = view
        for index in view.decisions.indices where view.decisions[index].kind == .signed {
            (view.decisions[index].reason, view.decisions[index].photo) = (nil, nil)
        }
        return view
    }

    /// What waits for somebody: of a push as the queue shows it; the answer of a channel's server may name an address.
    public func shown(notice json: JSON) -> JSON {
        let kinds: [Notice] = [.pushDead, .channelDead, .webhookDead]
        return kinds.contains { json["kind"]?.text == $0.rawValue } ? shown(json) : json
    }

    public func shown(_ entry: InboxEntry) -> InboxEntry {
        let isPush = entry.type == .pushFailed || entry.type == .erpConflict
        var entry = entry
        if !may(.clientsSee) {
            // Whose client it was stands before the number.
            if entry.type.rawValue.hasPrefix("call."), let number = entry.words.removeValue(forKey: "body") {
                entry.words["detail"] = number
            }
            if isPush, ["/call/", "/party/"].contains(where: entry.subject.contains) {
                entry.words = entry.words.mapValues { _ in PersonalMask.name }
            }
        }
        if !may(.personal), isPush || entry.type.rawValue.hasPrefix("call.") {
            entry.words = entry.words.mapValues(PersonalMask.text)
        }
        return entry
    }

    private func narrowed(_ json: JSON) -> JSON {
        PersonalMask.walk(json) { members in
            let known = Set(members.map(\.name))
            let isCard = known.isSuperset(of: ["mine", "withheld"])
            let isInternal = members.contains { $0.name == "direction" && $0.value == "internal" }
            let isPush = PersonalMask.isPush(known, members.first { $0.name == "kind" }?.value.text)
            return members.compactMap { member in
                switch member.name {
                case "deliveries" where isCard:
                    let list = may(.deliveriesSee) && may(.clientsSee) ? member.value.list ?? [] : []
                    return .init(member.name, .array(list.filter { reach.covers(zone: $0["zone"]?.text) }))
                case _ where may(.clientsSee): return .init(member.name, narrowed(member.value))
                case "parties" where isCard: return .init(member.name, .array([]))
                // The site's own page is called with the client's name; the exchange may know them, too.
                case "link" where isCard, "sentName" where isCard && !isInternal: return nil
                case "title" where isPush, "sentence" where isPush:
                    return .init(member.name, .string(PersonalMask.name))
                default: return .init(member.name, narrowed(member.value))
                }
            }
        }
    }
}

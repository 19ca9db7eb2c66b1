import Model

/// Calls that become others: transfers and conferences.
extension CSTACalls {
    // MARK: calls that become others

    func pairs(_ xml: XMLTree) -> [(old: String, new: String)] {
        xml.all("connectionlistitem").compactMap { item in
            guard let new = item["newconnection"]?["callid"]?.text else { return nil }
            return (item["oldconnection"]?["callid"]?.text ?? "", new)
        }
    }

    /// Both old calls and every new callID are one call from now on: the one somebody from outside is in.
    mutating func unite(_ xml: XMLTree) -> (id: String, hadSecond: Bool)? {
        guard let first = connection(xml, "primaryoldcall")?.call else { return nil }
        let second = connection(xml, "secondaryoldcall")?.call
        // The same event from another telephone's monitor: they are one already.
        guard second == nil || second != first else { return nil }
        _ = meet(first, XMLTree(name: ""))
        guard calls[first] != nil else { return nil }
        var (kept, other) = (first, second)
        if let second, let call = calls[second], call.direction == .inbound, calls[first]?.direction != .inbound {
            (kept, other) = (second, first)
        }
        for pair in pairs(xml) {
            for id in [pair.new, pair.old] where !id.isEmpty && root(id) != kept && root(id) != other {
                // Its events may have come before this one.
                if let early = calls.removeValue(forKey: root(id)) {
                    calls[kept]?.legs.merge(early.legs) { mine, _ in mine }
                    if early.isAnswered { calls[kept]?.isAnswered = true }
                    voice.merge(root(id), into: kept)
                }
                aliases[root(id)] = kept
            }
        }
        guard let other, other != kept, let joined = calls.removeValue(forKey: other) else { return (kept, false) }
        aliases[other] = kept
        // Who asked a colleague is in both calls: the line on which they dialled goes.
        if let device = joined.caller?.number, let leg = joined.legs[device], leg.isDialler,
            calls[kept]?.legs[device] != nil
        {
            voice.say(.legEnded, other) { ($0.leg, $0.desk, $0.cause) = (leg.id, leg.desk, .normal) }
        }
        calls[kept]?.legs.merge(joined.legs) { mine, _ in mine }
        if joined.isAnswered { calls[kept]?.isAnswered = true }
        if let command = joined.command { calls[kept]?.command = command }
        voice.merge(other, into: kept)
        return (kept, true)
    }

    mutating func transferred(_ xml: XMLTree) {
        guard let (id, hadSecond) = unite(xml) else { return }
        let by = CSTACalls.device(in: xml["transferringdevice"])?.number ?? ""
        let to = CSTACalls.device(in: xml["transferredtodevice"])?.number ?? ""
        let rings = calls[id]?.legs[to]?.state == .ringing
        let (byDesk, toDesk) = (desk(by), desk(to))
        voice.say(.transferred, id) {
            $0.how = !hadSecond ? "blind" : rings ? "blonde" : "attended"
            ($0.by, $0.to) = (byDesk, toDesk ?? (to.isEmpty ? nil : to))
        }
        if let leg = calls[id]?.legs.removeValue(forKey: by) {
            voice.say(.legEnded, id) { ($0.leg, $0.desk, $0.cause) = (leg.id, leg.desk, .normal) }
        }
    }

    mutating func joined(_ xml: XMLTree) { _ = unite(xml) }
}

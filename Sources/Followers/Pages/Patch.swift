public import Model

/// The difference between two views of one subject, as a page is told: its sums, and of its lists the places that changed.
/// Three hundred lines with their questions are 110 kB; one that was counted is 400 bytes.
public enum Patch {
    /// Without `before` nothing but the sums: who shows the lists asks for them.
    public static func of(_ after: JSON, since before: JSON?) -> JSON {
        guard case .members(let members) = after else { return after }
        var sums: [JSON.Member] = []
        var lists: [JSON.Member] = []
        for member in members {
            guard case .array(let list) = member.value else {
                sums.append(member)
                continue
            }
            let old = before?[member.name]?.list ?? []
            if before != nil, old != list { lists.append(JSON.Member(member.name, difference(list, since: old))) }
        }
        guard before != nil else { return .members(sums + [JSON.Member("partial", true)]) }
        return .members(sums + [JSON.Member("patch", .members(lists))])
    }

    /// How long it is now, and what stands at the places that are not as they were.
    private static func difference(_ list: [JSON], since old: [JSON]) -> JSON {
        let changed: [JSON] = list.indices.filter { $0 >= old.count || old[$0] != list[$0] }.map {
            .array([.int(Int64($0)), list[$0]])
        }
        return .object([("count", .int(Int64(list.count))), ("set", .array(changed))])
    }
}

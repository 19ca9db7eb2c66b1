public import Model

/// The difference between two views of one subject, as a page is told: sums always, lists only where they changed, and of
/// `lines` those that did. Three hundred lines are 80 kB; one that was counted is 200 bytes.
public enum Patch {
    /// Without `before` nothing but the sums: who shows the lines asks for them.
    public static func of(_ after: JSON, since before: JSON?) -> JSON {
        guard case .members(let members) = after else { return after }
        var out: [JSON.Member] = []
        for member in members {
            guard case .array(let list) = member.value else {
                out.append(member)
                continue
            }
            guard let before else { continue }
            let old = before[member.name]?.list ?? []
            guard old != list else { continue }
            guard member.name == "lines" else {
                out.append(member)
                continue
            }
            let changed: [JSON] = list.indices.filter { $0 >= old.count || old[$0] != list[$0] }.map {
                .array([.int(Int64($0)), list[$0]])
            }
            out.append(
                JSON.Member("patch", .object([("lines", .array(changed)), ("count", .int(Int64(list.count)))])))
        }
        if before == nil { out.append(JSON.Member("partial", true)) }
        return .members(out)
    }
}

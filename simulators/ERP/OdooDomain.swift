import Model

/// Evaluates a domain: clauses in prefix notation, AND where nothing is said.
enum OdooDomain {
    /// `isChecked`: another record of the model went through the whole domain, so that what is wrong with a clause was
    /// said; a clause that leads to other models is looked at for each.
    static func matches(
        _ server: OdooServer, _ model: String, _ id: Int64, _ domain: [JSON], isChecked: Bool = false
    ) throws(OdooError) -> Bool {
        if isChecked, domain.allSatisfy({ $0.text == nil }) {
            var holds = true
            for clause in domain where holds || clause.list?.first?.text?.utf8.contains(UInt8(ascii: ".")) == true {
                var one = [clause][...]
                let next = try term(server, model, id, &one)
                holds = holds && next
            }
            return holds
        }
        var rest = domain[...]
        var holds = true
        while !rest.isEmpty {
            let next = try term(server, model, id, &rest)
            holds = holds && next
        }
        return holds
    }

    private static func term(
        _ server: OdooServer, _ model: String, _ id: Int64, _ rest: inout ArraySlice<JSON>
    ) throws(OdooError) -> Bool {
        guard let first = rest.popFirst() else { throw .value("The domain ends too early") }
        switch first.text {
        case "|":
            let (one, other) = (try term(server, model, id, &rest), try term(server, model, id, &rest))
            return one || other
        case "&":
            let (one, other) = (try term(server, model, id, &rest), try term(server, model, id, &rest))
            return one && other
        case "!": return try !term(server, model, id, &rest)
        default: break
        }
        guard let parts = first.list, parts.count == 3, let path = parts[0].text, let comparison = parts[1].text else {
            throw .value("Invalid leaf \(first)")
        }
        return try leaf(server, model, id, path, comparison, parts[2])
    }

    private static func leaf(
        _ server: OdooServer, _ model: String, _ id: Int64, _ path: String, _ comparison: String, _ value: JSON
    ) throws(OdooError) -> Bool {
        let names =
            path.utf8.contains(UInt8(ascii: ".")) ? path.split(separator: ".").map { String($0) } : [path]
        let field = try server.field(model, names[0])
        if names.count > 1 {
            guard let target = server.raw(model, id, names[0]).integer, let relation = field.relation else {
                return comparison == "=" && value == false
            }
            return try leaf(server, relation, target, names.dropFirst().joined(separator: "."), comparison, value)
        }
        if path == "phone_mobile_search" { return try server.matchesPhone(id, comparison, value.text ?? "") }
        let own = server.raw(model, id, path)
        if comparison == "child_of" {
            let roots = value.list?.compactMap(\.integer) ?? value.integer.map { [$0] } ?? []
            let relation = path == "id" ? model : field.relation ?? model
            return own.integer.map { server.ancestry(relation, $0).contains { roots.contains($0) } } ?? false
        }
        if comparison == "parent_of" {
            let leaves = value.list?.compactMap(\.integer) ?? value.integer.map { [$0] } ?? []
            let relation = path == "id" ? model : field.relation ?? model
            return own.integer.map { own in leaves.contains { server.ancestry(relation, $0).contains(own) } } ?? false
        }
        return try holds(own, comparison, value)
    }

    private static func holds(_ own: JSON, _ comparison: String, _ value: JSON) throws(OdooError) -> Bool {
        switch comparison {
        case "=": return isSame(own, value)
        case "!=": return !isSame(own, value)
        case "in": return (value.list ?? []).contains { isSame(own, $0) }
        case "not in": return !(value.list ?? []).contains { isSame(own, $0) }
        case ">": return isSet(own) && compare(own, value) > 0
        case "<": return isSet(own) && compare(own, value) < 0
        case ">=": return isSet(own) && compare(own, value) >= 0
        case "<=": return isSet(own) && compare(own, value) <= 0
        case "like": return like(own.text ?? "", "%\(value.text ?? "")%")
        case "ilike": return like((own.text ?? "").lowercased(), "%\((value.text ?? "").lowercased())%")
        case "=like": return like(own.text ?? "", value.text ?? "")
        case "=ilike": return like((own.text ?? "").lowercased(), (value.text ?? "").lowercased())
        default: throw .value("Invalid operator \(comparison)")
        }
    }

    private static func isSet(_ value: JSON) -> Bool {
        value != false && value != .null && value.list?.isEmpty != true
    }

    /// `false` is every empty scalar.
    private static func isSame(_ one: JSON, _ other: JSON) -> Bool {
        if !isSet(other) { return !isSet(one) || one == "" }
        if let one = one.double, let other = other.double { return one == other }
        return one == other
    }

    static func compare(_ one: JSON, _ other: JSON) -> Int {
        if let one = one.double, let other = other.double { return one < other ? -1 : one > other ? 1 : 0 }
        let (one, other) = (one.text ?? "", other.text ?? "")
        return one < other ? -1 : one > other ? 1 : 0
    }

    /// `%` any text, `_` any character.
    static func like(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text), Array(pattern))
        var reachable = [true] + Array(repeating: false, count: text.count)
        for sign in pattern {
            var next = Array(repeating: false, count: text.count + 1)
            if sign == "%" {
                var isOpen = false
                for index in 0...text.count {
                    isOpen = isOpen || reachable[index]
                    next[index] = isOpen
                }
            } else {
                for index in 0..<text.count where reachable[index] && (sign == "_" || sign == text[index]) {
                    next[index + 1] = true
                }
            }
            reachable = next
        }
        return reachable[text.count]
    }
}

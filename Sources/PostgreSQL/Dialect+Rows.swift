extension Dialect {
    /// `ON CONFLICT DO UPDATE` and `INSERT OR REPLACE` name no key, and columns of the row that is there no table: both are said.
    func conflicts(_ tokens: inout [Token]) {
        guard let into = tokens.firstIndex(where: { $0.keyword == "INTO" }), let name = place(tokens, after: into),
            let table = tables[tokens[name].bare]
        else { return }
        let key = table.key.map(Token.name).joined(separator: ", ")
        if let or = place(tokens, after: tokens.startIndex - 1).flatMap({ place(tokens, after: $0) }),
            tokens[or].keyword == "OR", let verb = place(tokens, after: or), tokens[verb].keyword == "REPLACE"
        {
            tokens.removeSubrange(or...verb)
            let given = listed(tokens, after: tokens.firstIndex { $0.keyword == "INTO" } ?? 0)
            let sets = table.columns.filter { !table.key.contains($0) }.map { column in
                let isGiven = given?.contains(column) ?? true
                return "\(Token.name(column))=\(isGiven ? "excluded.\(Token.name(column))" : "DEFAULT")"
            }
            let deed = sets.isEmpty ? "NOTHING" : "UPDATE SET \(sets.joined(separator: ", "))"
            tokens.append(.word(" ON CONFLICT (\(key)) DO \(deed)"))
            return
        }
        guard let conflict = tokens.firstIndex(where: { $0.keyword == "CONFLICT" }),
            var at = place(tokens, after: conflict)
        else { return }
        if tokens[at].keyword == "DO", let deed = place(tokens, after: at), tokens[deed].keyword == "UPDATE" {
            tokens.insert(.word(" (\(key))"), at: conflict + 1)
            at += 1
        }
        guard let set = tokens[at...].firstIndex(where: { $0.keyword == "SET" }) else { return }
        let owner = Token.name(tokens[name].bare)
        var depth = 0
        var isTarget = true
        var isAfterDot = false
        for index in tokens.indices.dropFirst(set + 1) where !tokens[index].isSpace {
            let token = tokens[index]
            switch token {
            case .symbol("("): depth += 1
            case .symbol(")"): depth -= 1
            case .symbol(","): isTarget = depth == 0
            case .word, .quoted:
                if token.keyword == "WHERE", depth == 0 { isTarget = false }
                // A function is followed by what it is given.
                let isCall = follows(tokens, index) == .symbol("(") || follows(tokens, index) == .symbol(".")
                if !isTarget, !isAfterDot, !isCall, table.columns.contains(token.bare) {
                    tokens[index] = .quoted("\(owner).\(Token.name(token.bare))")
                }
                isTarget = false
            default: break
            }
            isAfterDot = token == .symbol(".")
        }
    }

    /// The columns of `INTO table (…)`; nil where it names none.
    private func listed(_ tokens: [Token], after into: Int) -> [String]? {
        guard let name = place(tokens, after: into), let open = place(tokens, after: name),
            tokens[open] == .symbol("("),
            let close = tokens[open...].firstIndex(of: .symbol(")"))
        else { return nil }
        return tokens[open..<close].compactMap {
            [.symbol("("), .symbol(",")].contains($0) || $0.isSpace ? nil : $0.bare
        }
    }

    /// A row number is what a table of one key knows its rows by.
    func identifiesRows(_ tokens: inout [Token]) {
        guard tokens.contains(where: { $0.keyword == "ROWID" }) else { return }
        for index in tokens.indices where ["FROM", "UPDATE", "INTO"].contains(tokens[index].keyword) {
            guard let name = place(tokens, after: index), let key = tables[tokens[name].bare]?.key, key.count == 1
            else { continue }
            for row in tokens.indices where tokens[row].keyword == "ROWID" { tokens[row] = .quoted(Token.name(key[0])) }
            return
        }
    }

    /// `CAST(… AS TEXT)` of whatever it is.
    func casts(_ tokens: inout [Token], _ index: Int) {
        guard let open = place(tokens, after: index), tokens[open] == .symbol("("), let close = end(tokens, of: open),
            let type = place(tokens, before: close),
            let name = ["TEXT": "as_text", "INTEGER": "as_integer"][tokens[type].keyword ?? ""],
            let word = place(tokens, before: type), tokens[word].keyword == "AS"
        else { return }
        tokens.removeSubrange(word..<close)
        tokens[index] = .word(name)
    }

    /// A list of nothing.
    func isAmong(_ tokens: inout [Token], _ index: Int) {
        guard let open = place(tokens, after: index), tokens[open] == .symbol("("),
            let close = place(tokens, after: open),
            tokens[close] == .symbol(")")
        else { return }
        tokens.insert(.word("SELECT NULL::text WHERE false"), at: close)
    }

    /// What is selected from has a name, up to PostgreSQL 15.
    func isNamed(_ tokens: inout [Token], _ index: Int) {
        guard let open = place(tokens, after: index), tokens[open] == .symbol("("),
            let first = place(tokens, after: open),
            ["SELECT", "WITH", "VALUES"].contains(tokens[first].keyword), let close = end(tokens, of: open)
        else { return }
        let next = follows(tokens, close)
        let known: Set<String> = [
            "WHERE", "GROUP", "ORDER", "LIMIT", "JOIN", "LEFT", "CROSS", "ON", "UNION", "HAVING", "USING",
        ]
        switch next {
        case .word(let word)? where !known.contains(word.uppercased()): return
        case .quoted?: return
        default: tokens.insert(.word(" AS part_\(index)"), at: close + 1)
        }
    }

    private func end(_ tokens: [Token], of open: Int) -> Int? {
        var depth = 0
        for index in tokens.indices[open...] {
            if tokens[index] == .symbol("(") { depth += 1 }
            if tokens[index] == .symbol(")") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}

extension Token {
    /// A name without its marks.
    var bare: String {
        if case .quoted(let text) = self, text.hasPrefix("\"") { return String(text.dropFirst().dropLast()) }
        return text
    }
}

/// Makes PostgreSQL's statement from ours: only what no function of the database can meet (`Functions`) is written otherwise.
///
/// Both speak the same SQL but for little: parameters, `IS ?`, `LIKE` and `GLOB`, `INSERT OR IGNORE`, where NULL stands in an order, and a
/// few names. The desks write the common part; a statement that has nothing of this is passed as it stands.
struct Dialect {
    /// A table as far as a statement is made by it.
    struct Table: Equatable, Sendable {
        var columns: [String] = []
        /// Columns of its primary key.
        var key: [String] = []
    }

    var tables: [String: Table] = [:]
    /// Columns that may be NULL in one table or another: in SQLite NULL comes first, in PostgreSQL last.
    var optional: Set<String> = []

    /// Words of PostgreSQL that are names here.
    private static let reserved: Set<String> = ["USER", "SESSION_USER"]
    private static let renamed = ["CHAR": "chr", "JSON_OBJECT": "json_build_object"]

    func statement(_ sql: String) -> String {
        var tokens = common(Token.all(of: sql))
        var next = 0
        var suffix = ""
        conflicts(&tokens)
        identifiesRows(&tokens)
        // Back to front where something is put behind, so that places before it stay.
        var index = 0
        while index < tokens.count {
            switch tokens[index] {
            case .parameter(let number):
                next = number ?? next + 1
                tokens[index] = .word("$\(next)")
            case .word(let word):
                switch word.uppercased() {
                case "OR" where follows(tokens, index)?.keyword == "IGNORE":
                    tokens.removeSubrange(index...(place(tokens, after: index) ?? index))
                    suffix = " ON CONFLICT DO NOTHING"
                    continue
                case "IS": isOtherwise(&tokens, index)
                case "CAST": casts(&tokens, index)
                case "IN": isAmong(&tokens, index)
                case "FROM", "JOIN": isNamed(&tokens, index)
                case "LIKE", "GLOB": matches(&tokens, index)
                case "MATCH": finds(&tokens, index, &next)
                case "INDEXED":
                    // `INDEXED BY name`
                    let by = place(tokens, after: index) ?? index
                    tokens.removeSubrange(index...(place(tokens, after: by) ?? by))
                    continue
                case "CROSS" where isJoinedOn(tokens, index): tokens[index] = .space("")
                case "LIMIT":
                    if let sign = place(tokens, after: index), tokens[sign] == .symbol("-") {
                        let number = place(tokens, after: sign) ?? sign
                        tokens.replaceSubrange(sign...number, with: [.word("ALL")])
                    }
                case "ORDER" where follows(tokens, index)?.keyword == "BY": orders(&tokens, index)
                default: break
                }
            default: break
            }
            index += 1
        }
        var text = tokens.map(\.text).joined()
        if !suffix.isEmpty {
            while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        }
        return text + suffix
    }

    /// A statement of the schema: the types' names, and no word about how rows are kept.
    func definition(_ sql: String) -> String {
        var tokens = common(Token.all(of: sql))
        var index = 0
        var isTable = false
        while index < tokens.count {
            // A type stands behind its column's name, which may be the same word.
            let before = place(tokens, before: index).map { tokens[$0] }
            let isName = [.symbol("("), .symbol(",")].contains(before)
            switch isName ? nil : tokens[index].keyword {
            case "CREATE", "ALTER": isTable = isTable || ["TABLE"].contains(follows(tokens, index)?.keyword)
            case "INTEGER" where isTable: tokens[index] = .word("bigint")
            case "TEXT" where isTable: tokens[index] = .word("text COLLATE \"C\"")
            case "BLOB" where isTable: tokens[index] = .word("bytea")
            case "REAL" where isTable: tokens[index] = .word("double precision")
            // Checked at the end where a transaction asks for it, as there.
            case "REFERENCES" where isTable:
                if let name = place(tokens, after: index) { tokens.insert(.word(" DEFERRABLE"), at: name + 1) }
            case "AUTOINCREMENT", "STRICT": tokens[index] = .space("")
            case "WITHOUT" where follows(tokens, index)?.keyword == "ROWID":
                tokens.removeSubrange(index...(place(tokens, after: index) ?? index))
                continue
            default: break
            }
            index += 1
        }
        // In an index NULL comes first, as in its orders.
        if !isTable, tokens.contains(where: { $0.keyword == "INDEX" }) { indexed(&tokens) }
        return tokens.map(\.text).joined()
    }

    /// What is the same wherever it stands.
    private func common(_ tokens: [Token]) -> [Token] {
        tokens.indices.map { index in
            switch tokens[index] {
            case .blob(let text): return .string("'\\x\(text.dropFirst(2).dropLast())'::bytea")
            case .symbol("=="): return .symbol("=")
            case .word(let word):
                let capital = word.uppercased()
                if Dialect.reserved.contains(capital) { return .quoted("\"\(word.lowercased())\"") }
                if let name = Dialect.renamed[capital], follows(tokens, index) == .symbol("(") { return .word(name) }
                return tokens[index]
            default: return tokens[index]
            }
        }
    }

    func place(_ tokens: [Token], after index: Int) -> Int? {
        tokens.indices.dropFirst(index + 1).first { !tokens[$0].isSpace }
    }

    func place(_ tokens: [Token], before index: Int) -> Int? { tokens[..<index].lastIndex { !$0.isSpace } }

    func follows(_ tokens: [Token], _ index: Int) -> Token? { place(tokens, after: index).map { tokens[$0] } }

    /// `a IS b`, where b is neither NULL nor a truth.
    private func isOtherwise(_ tokens: inout [Token], _ index: Int) {
        guard var operand = place(tokens, after: index) else { return }
        let isNot = tokens[operand].keyword == "NOT"
        let not = operand
        if isNot { operand = place(tokens, after: operand) ?? operand }
        guard !["NULL", "TRUE", "FALSE", "DISTINCT"].contains(tokens[operand].keyword ?? "") else { return }
        if isNot { tokens[not] = .word("DISTINCT FROM") } else { tokens[index] = .word("IS NOT DISTINCT FROM") }
    }

    /// LIKE minds no case of ASCII, and has no sign that escapes unless one is named; GLOB is an operator of ours.
    private func matches(_ tokens: inout [Token], _ index: Int) {
        let before = place(tokens, before: index)
        let isNot = before.map { tokens[$0].keyword == "NOT" } ?? false
        if tokens[index].keyword == "GLOB" {
            tokens[index] = .symbol(isNot ? "!@~" : "@~")
            if isNot, let before { tokens[before] = .space("") }
            return
        }
        tokens[index] = .word("ILIKE")
        guard var end = place(tokens, after: index) else { return }
        while let joint = place(tokens, after: end), tokens[joint] == .symbol("||"),
            let more = place(tokens, after: joint)
        {
            end = more
        }
        if follows(tokens, end)?.keyword != "ESCAPE" { tokens.insert(.word(" ESCAPE ''"), at: end + 1) }
    }

    /// `search MATCH ?1`, and how well it does: `bm25(search, …)` of the same statement.
    private func finds(_ tokens: inout [Token], _ index: Int, _ next: inout Int) {
        guard let table = place(tokens, before: index), let operand = place(tokens, after: index) else { return }
        var asked = tokens[operand].text
        if case .parameter(let number) = tokens[operand] {
            next = number ?? next + 1
            asked = "$\(next)"
        }
        asked = "search_query(\(asked))"
        tokens[table] = .word("words")
        tokens[index] = .symbol("@@")
        tokens[operand] = .word(asked)
        while let rank = tokens.indices.first(where: { tokens[$0].keyword == "BM25" }),
            let close = tokens[rank...].firstIndex(of: .symbol(")"))
        {
            tokens.replaceSubrange(rank...close, with: [.word("search_rank(words, \(asked))")])
        }
    }

    /// SQLite's CROSS JOIN keeps the order of tables and may have a condition.
    private func isJoinedOn(_ tokens: [Token], _ index: Int) -> Bool {
        var depth = 0
        for token in tokens[(index + 1)...].drop(while: { $0.keyword != "JOIN" }).dropFirst() {
            if token == .symbol("(") { depth += 1 }
            if token == .symbol(")") { depth -= 1 }
            if depth < 0 { return false }
            guard depth == 0, let word = token.keyword else { continue }
            if word == "ON" { return true }
            if ["JOIN", "CROSS", "LEFT", "WHERE", "GROUP", "ORDER", "LIMIT"].contains(word) { return false }
        }
        return false
    }

    private static let ends: Set<String> = ["LIMIT", "OFFSET", "ROWS", "RANGE", "UNION", "ON", "RETURNING"]

    /// NULL first where it rises, last where it falls; said only where there may be one.
    private func orders(_ tokens: inout [Token], _ index: Int) {
        guard let by = place(tokens, after: index) else { return }
        var at = by + 1
        var start = at
        var depth = 0
        func finish(_ end: Int) -> Int {
            guard let last = place(tokens, before: end), last >= start else { return 0 }
            let item = tokens[start...last].filter { !$0.isSpace }
            let isFalling = item.last?.keyword == "DESC"
            var expression = item[...]
            if ["ASC", "DESC"].contains(item.last?.keyword) { expression = item.dropLast() }
            let isName = expression.count == 1 || expression.count == 3 && expression.dropFirst().first == .symbol(".")
            if isName, let name = expression.last, !optional.contains(name.bare) { return 0 }
            tokens.insert(.word(isFalling ? " NULLS LAST" : " NULLS FIRST"), at: last + 1)
            return 1
        }
        while at < tokens.count {
            if tokens[at] == .symbol("(") { depth += 1 }
            if tokens[at] == .symbol(")") { depth -= 1 }
            let isEnd =
                depth < 0 || tokens[at] == .symbol(";") || depth == 0 && Dialect.ends.contains(tokens[at].keyword ?? "")
            if isEnd { break }
            if depth == 0, tokens[at] == .symbol(",") {
                at += finish(at)
                start = at + 1
            }
            at += 1
        }
        _ = finish(at)
    }

    private func indexed(_ tokens: inout [Token]) {
        guard let open = tokens.firstIndex(of: .symbol("(")) else { return }
        var at = open + 1
        var start = at
        var depth = 0
        while at < tokens.count {
            if tokens[at] == .symbol("(") { depth += 1 }
            let isEnd = depth == 0 && (tokens[at] == .symbol(",") || tokens[at] == .symbol(")"))
            if tokens[at] == .symbol(")") { depth -= 1 }
            if isEnd {
                let item = tokens[start..<at].filter { !$0.isSpace }
                if let name = item.first, optional.contains(name.bare) {
                    tokens.insert(.word(item.last?.keyword == "DESC" ? " NULLS LAST" : " NULLS FIRST"), at: at)
                    at += 1
                }
                start = at + 1
                if depth < 0 { return }
            }
            at += 1
        }
    }
}

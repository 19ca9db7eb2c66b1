import Model
import SQLite

/// What a person changes of a push that the ERP did not take.
public enum Mending: Equatable, Sendable {
    /// The lines of this article, or of one lot of it, are not told; they stay written down, with who said so. An article is named
    /// by its code here.
    case leaveOut(article: String, lot: String?)
    /// The ERP's article that these lines are.
    case choose(article: String, product: String)
}

extension JobTable {
    /// Changes a push that waits for a person. False when it does not, or has no such line.
    public func mend(job id: Int64, _ mending: Mending, by author: Author, at now: Int64) throws -> Bool {
        guard let job = try job(id), job.state == .dead else { return false }
        let payload = JobTable.mended(job.payload, mending, who: author.who)
        guard payload != job.payload else { return false }
        try database.run("UPDATE erp_job SET payload=? WHERE id=?", .text(payload.description), .integer(id))
        try touch(id, job.kind, payload)
        let detail =
            switch mending {
            case .leaveOut(let article, let lot): ["left out", article, lot].compactMap(\.self).joined(separator: " ")
            case .choose(let article, let product): "\(article) is \(product)"
            }
        try store.tell(Fact(.pushMended, job.key, detail), by: author, at: now)
        return true
    }

    static func mended(_ payload: JSON, _ mending: Mending, who: String) -> JSON {
        let lines = payload["lines"]?.list ?? []
        switch mending {
        case .leaveOut(let article, let lot):
            func isMeant(_ line: JSON) -> Bool {
                self.article(line) == article && (lot == nil || line["lot"]?.text == lot)
            }
            let left = lines.filter(isMeant).map { line in
                line.with("why", "person").with("who", .string(who)).with(
                    "quantity", line["quantity"] ?? line["counted"])
            }
            // What is damaged was said then, as where the ERP has no place for it.
            let damaged = payload["damaged"]?.list ?? []
            let aside = damaged.filter(isMeant).map { $0.with("why", "damaged").with("who", .string(who)) }
            guard !left.isEmpty || !aside.isEmpty else { return payload }
            // Its other lots are not looked at either.
            let tracked = (payload["tracked"]?.list ?? []).filter { $0.text != article }
            return
                payload
                .with("lines", .array(lines.filter { !isMeant($0) }))
                .with("left", .array((payload["left"]?.list ?? []) + left + aside))
                .with("damaged", payload["damaged"] == nil ? nil : .array(damaged.filter { !isMeant($0) }))
                .with("tracked", payload["tracked"] == nil ? nil : .array(tracked))
        case .choose(let article, let product):
            let damaged = payload["damaged"]?.list
            guard (lines + (damaged ?? [])).contains(where: { self.article($0) == article }) else { return payload }
            func meant(_ line: JSON) -> JSON {
                self.article(line) == article ? line.with("product", .string(product)) : line
            }
            let chosen = payload["chosen"] ?? .members([])
            return
                payload
                .with("lines", payload["lines"] == nil ? nil : .array(lines.map(meant)))
                .with("damaged", damaged.map { .array($0.map(meant)) })
                .with("chosen", chosen.with(article, .string(product)))
        }
    }

    /// What people said of a push holds also when it is made anew.
    static func mended(_ payload: JSON, as before: JSON) -> JSON {
        var payload = payload.with("accepted", before["accepted"])
        for line in before["left"]?.list ?? [] where line["why"] == "person" || line["who"] != nil {
            payload = mended(
                payload, .leaveOut(article: article(line), lot: line["lot"]?.text), who: line["who"]?.text ?? "")
        }
        if case .members(let chosen)? = before["chosen"] {
            for member in chosen {
                payload = mended(
                    payload, .choose(article: member.name, product: member.value.text ?? ""), who: "")
            }
        }
        return payload
    }
}

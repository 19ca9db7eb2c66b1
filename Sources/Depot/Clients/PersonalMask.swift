public import Model

/// What whoever lacks the right `personal` sees: numbers as `06 •• •• •• 78`, no names of private persons. Companies keep theirs.
/// Over JSON, because lists, cards, the stream and searches have that in common: members are known by their names.
public enum PersonalMask {
    /// In the place of a name.
    public static let name = "•••"

    /// Members that hold a number, or the name of somebody who called.
    private static let numbers: Set<String> = ["display", "e164", "dialled", "called", "number", "presents", "to"]
    private static let names: Set<String> = ["sentName"]
    /// Members in which people or programs write, also numbers; and what people write about others, names with it.
    private static let texts: Set<String> = ["title", "detail", "body", "sentence", "reason"]
    private static let notes: Set<String> = ["note"]
    /// What carries a number to another place.
    private static let dropped: Set<String> = ["link"]

    public static func masked(_ json: JSON) -> JSON { walk(json, members) }

    /// Deliveries: without who signed for them. Their other words are of goods.
    public static func unsigned(_ json: JSON) -> JSON {
        walk(json) { members in
            guard Set(members.map(\.name)).isSuperset(of: ["kind", "who", "at"]),
                members.contains(where: { $0.name == "kind" && $0.value == "signed" })
            else { return members.map { JSON.Member($0.name, unsigned($0.value)) } }
            return members.filter { !signature.contains($0.name) }
        }
    }

    /// The name of who signed, and the picture of what they wrote.
    private static let signature: Set<String> = ["reason", "photo"]

    static func walk(_ json: JSON, _ members: ([JSON.Member]) -> [JSON.Member]) -> JSON {
        switch json {
        case .array(let list): .array(list.map { walk($0, members) })
        case .members(let list): .members(members(list))
        case .null, .bool, .int, .number, .string: json
        }
    }

    private static func members(_ members: [JSON.Member]) -> [JSON.Member] {
        let known = Set(members.map(\.name))
        let isClient = known.isSuperset(of: ["company", "numbers"])
        // What a card leads to: the site's own page is called with the number.
        let isCard = known.isSuperset(of: ["mine", "withheld"])
        let hit = members.first { $0.name == "kind" }?.value.text
        let isHit = known.contains("ref") && (hit == "party" || hit == "call")
        let isPush = isPush(known, hit)
        // The trail: who signed stands where others say why.
        let isSigned = members.contains { $0.name == "what" && $0.value == "delivery.signed" }
        return members.compactMap { member in
            var member = member
            switch (member.name, member.value) {
            case ("name", .string) where isClient: member.value = .string(name)
            case ("numbers", .array(let list)) where isClient:
                member.value = .array(list.map { .string(number($0.text ?? "")) })
            case ("title", .string(let text)) where isHit || isPush: member.value = .string(text.isEmpty ? text : name)
            case ("sentence", .string) where isPush: member.value = .string(name)
            case ("detail", .string(let text)) where isHit: member.value = .string(number(text))
            case ("dialable", _): member.value = false
            case (let key, _) where isCard && dropped.contains(key): return nil
            case ("reason", .string) where isSigned: return nil
            case (let key, .string) where names.contains(key): member.value = .string(name)
            case (let key, .string(let text)) where notes.contains(key): member.value = .string(self.text(text))
            case (let key, .string(let text)) where numbers.contains(key) || texts.contains(key):
                member.value = .string(number(text))
            default: member.value = masked(member.value)
            }
            return member
        }
    }

    /// A push to the ERP about a call or a client is called after them: in the queue, and where it waits for somebody.
    static func isPush(_ known: Set<String>, _ kind: String?) -> Bool {
        (kind == "call" || kind == "party")
            && (known.isSuperset(of: ["key", "attempts"]) || known.isSuperset(of: ["job", "fault"]))
    }

    /// What somebody wrote: of a number what `number` leaves, else nothing, because names stand anywhere in it.
    public static func text(_ text: String) -> String {
        guard text.contains(where: { !" +.-/()".contains($0) && !$0.isASCIIDigit }) else { return number(text) }
        return name
    }

    /// Digits of a number at least. Longer runs than a number has are masked, too: they may be two.
    private static let shortest = 7

    /// Every number in a text without what tells it from others: the country and the first digit stay, and the last two.
    public static func number(_ text: String) -> String {
        var out: [Character] = []
        var run: [Character] = []
        func end(_ run: [Character]) -> [Character] {
            let count = run.count { $0.isASCIIDigit }
            guard count >= shortest else { return run }
            let kept = run.first == "+" ? 3 : run.starts(with: ["0", "0"]) ? 5 : 2
            var place = 0
            return run.map { sign in
                guard sign.isASCIIDigit else { return sign }
                place += 1
                return place <= kept || place > count - 2 ? sign : "•"
            }
        }
        for sign in text {
            let isSign = " .-/()\u{A0}\u{202F}\u{2010}\u{2011}".contains(sign)
            if sign.isASCIIDigit || sign == "+" && run.isEmpty || isSign && !run.isEmpty {
                run.append(sign)
            } else {
                out += end(run)
                run = []
                if sign == "+" { run = [sign] } else { out.append(sign) }
            }
        }
        return String(out + end(run))
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}

public import Model

/// What whoever lacks the right `personal` sees: numbers as `06 •• •• •• 78`, no names of private persons. Companies keep theirs.
/// Over JSON, because lists, cards, the stream and searches have that in common: members are known by their names.
public enum PersonalMask {
    /// In the place of a name.
    public static let name = "•••"

    /// Members that hold a number, or the name of somebody who called.
    private static let numbers: Set<String> = ["display", "e164", "dialled", "called", "number", "presents", "to"]
    private static let names: Set<String> = ["sentName"]
    /// Members in which people or programs write, also numbers.
    private static let texts: Set<String> = ["note", "title", "detail", "body", "sentence", "reason"]
    /// What carries a number to another place.
    private static let dropped: Set<String> = ["link"]

    public static func masked(_ json: JSON) -> JSON {
        switch json {
        case .array(let list): .array(list.map(masked))
        case .members(let members): .members(self.members(members))
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
        // A push to the ERP about a call or a client is called after them.
        let isPush = known.isSuperset(of: ["key", "kind", "attempts"]) && (hit == "call" || hit == "party")
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
            case (let key, .string) where names.contains(key): member.value = .string(name)
            case (let key, .string(let text)) where numbers.contains(key) || texts.contains(key):
                member.value = .string(number(text))
            default: member.value = masked(member.value)
            }
            return member
        }
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

extension Person {
    /// As this person may see it.
    public func shown(_ json: JSON) -> JSON { may(.personal) ? json : PersonalMask.masked(json) }
}

extension InboxEntry {
    /// The line without who called and what was written about it.
    public var masked: InboxEntry {
        guard type.rawValue.hasPrefix("call.") || type == .pushFailed || type == .erpConflict else { return self }
        var entry = self
        entry.words = words.mapValues { text in
            let hidden = PersonalMask.number(text)
            return hidden == text ? PersonalMask.name : hidden
        }
        return entry
    }
}

import Model

extension ElementString {
    /// `https://host/…/01/GTIN[/10/LOT][/21/SERIAL]?AI=VALUE` (GS1 Digital Link, URI syntax); nil for a text that is no URI.
    static func digitalLink(_ text: String) -> Split? {
        // What QR codes of an address have in front, at times.
        let word = ["URLTO:", "URL:"].first { text.prefix($0.count).uppercased() == $0 }
        let text = text.dropFirst(word?.count ?? 0)
        guard let scheme = ["https://", "http://"].first(where: { text.prefix($0.count).lowercased() == $0 }) else {
            return nil
        }
        return link(behindScheme: text.dropFirst(scheme.count))
    }

    /// Host and what follows it.
    static func link(behindScheme text: Substring) -> Split {
        // What follows a # is for the browser.
        let rest = text.prefix { $0 != "#" }
        let halves = rest.split(separator: "?", maxSplits: 1)
        var path = (halves.first ?? "").split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(
            String.init)
        if path.last == "" { path.removeLast() }
        let names = ["gtin": "01", "sscc": "00", "gln": "414", "lot": "10", "ser": "21"]
        let keys: Set = ["00", "01", "414", "8003", "8004", "253", "255", "401", "402", "8006", "8010", "8017", "8018"]
        guard
            let start = path.indices.first(where: { index in
                // A folder of the host's may be called like a key: its value tells.
                let ai = names[path[index]] ?? path[index]
                guard keys.contains(ai), index + 1 < path.count, let value = unescaped(path[index + 1]) else {
                    return false
                }
                let data = ai == "01" ? GS1.gtin14(value) ?? value : value
                return Identifier.named(ai)?.problem(with: data[...]) == nil
            })
        else {
            return asked(halves) ?? Split(doubts: [.init(String(text), "this address holds no GS1 key")])
        }
        var split = Split()
        var pairs = stride(from: start, to: path.count - 1, by: 2).map { (names[path[$0]] ?? path[$0], path[$0 + 1]) }
        if halves.count > 1 {
            pairs += halves[1].split { $0 == "&" || $0 == ";" }.compactMap { item in
                let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
                return pair.count == 2 && pair[0].allSatisfy(\.isNumber) ? (pair[0], pair[1]) : nil
            }
        }
        for (ai, encoded) in pairs {
            guard var value = unescaped(encoded) else {
                split.doubts.append(.init("\(ai)/\(encoded)", "(\(ai)): a broken % escape"))
                continue
            }
            if ai == "01", let gtin = GS1.gtin14(value) { value = gtin }
            split.add(ai, value, raw: "\(ai)/\(encoded)")
        }
        if (path.count - start) % 2 == 1, let last = path.last {
            split.doubts.append(.init(last, "\"\(last)\" at the end of the address has no value"))
        }
        return split
    }

    /// `?gtin=…&lot=…`, as shops and makers write it who know no Digital Link. Nil without a GTIN whose check digit holds.
    private static func asked(_ halves: [Substring]) -> Split? {
        guard halves.count > 1 else { return nil }
        let names = [
            "01": "01", "gtin": "01", "ean": "01", "ean13": "01", "10": "10", "lot": "10", "batch": "10", "21": "21",
            "serial": "21", "sn": "21", "17": "17",
        ]
        var split = Split()
        for item in halves[1].split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, let ai = names[pair[0].lowercased()], var value = unescaped(pair[1]) else {
                continue
            }
            if ai == "01" {
                guard let gtin = GS1.gtin14(value) else { return nil }
                value = gtin
            }
            split.add(ai, value, raw: String(item))
        }
        return split.elements.contains { $0.ai == "01" } ? split : nil
    }

    private static func unescaped(_ text: String) -> String? {
        var out: [UInt8] = []
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                out.append(byte)
                continue
            }
            guard bytes.count >= 2, let value = Hex.bytes(ascii: bytes.prefix(2))?.first else { return nil }
            out.append(value)
            bytes = bytes.dropFirst(2)
        }
        return String(validating: out, as: UTF8.self)
    }
}

/// How an exchange lays out its call records: fixed columns, or fields between separators.
///
/// As text: a known name, `columns FIELD:WIDTH …`, or `csv FIELD,…`; a semicolon instead of the comma is `ssv`. Fields:
/// `date` `time` `start` (when it began) · `ring` `connected` (how long, `M'SS`, `HH:MM:SS` or seconds) · `ext` · `number`
/// (the other side; before it `<I>` in, `<D>` with the dialled number) · `caller` `called` · `direction` (I or O) ·
/// `internal` (1) · `id` · `more` (1: another record of this call follows) · `code` (`NA` not answered) · `-` ignored.
public struct SMDRFormat: Equatable, Sendable {
    enum Layout: Equatable, Sendable {
        case columns([(name: String, width: Int)])
        case separated(Character, [String])

        static func == (a: Layout, b: Layout) -> Bool {
            switch (a, b) {
            case (.columns(let a), .columns(let b)): a.elementsEqual(b) { $0.name == $1.name && $0.width == $1.width }
            case (.separated(let a, let x), .separated(let b, let y)): a == b && x == y
            default: false
            }
        }
    }

    /// Panasonic KX-NS/TDE "pattern A" and Avaya IP Office (KX-NS1000 Feature Guide 2.22; SMDR fields).
    static let known = [
        "panasonic-80":
            "columns date:8 -:1 time:7 -:1 ext:5 -:1 -:2 -:1 number:25 -:1 ring:4 -:1 connected:8 -:1 account:10 -:1 code:3",
        "avaya-ipo":
            "csv start,connected,ring,caller,direction,called,dialled,account,internal,id,more,device,name,-,-,-,-",
    ]
    static let fields: Set<String> = [
        "date", "time", "start", "ring", "connected", "ext", "number", "caller", "called", "dialled", "direction",
        "internal", "id", "more", "code", "account", "device", "name", "-",
    ]
    public static let forms = "panasonic-80, avaya-ipo, \"columns FIELD:WIDTH …\" or \"csv FIELD,…\""

    let layout: Layout

    /// Nil when it is none of the forms or names a field nobody knows.
    public init?(_ text: String) {
        let words = (SMDRFormat.known[text] ?? text).split(separator: " ").map(String.init)
        guard words.count >= 2 else { return nil }
        switch words[0] {
        case "columns":
            let columns = words.dropFirst().map { word -> (name: String, width: Int)? in
                let parts = word.split(separator: ":")
                guard parts.count == 2, let width = Int(parts[1]), (1...200).contains(width) else { return nil }
                return (String(parts[0]), width)
            }
            guard columns.allSatisfy({ $0 != nil && SMDRFormat.fields.contains($0!.name) }) else { return nil }
            layout = .columns(columns.compactMap(\.self))
        case "csv", "ssv":
            let names = words[1].split(separator: ",").map(String.init)
            guard words.count == 2, names.allSatisfy({ SMDRFormat.fields.contains($0) }) else { return nil }
            layout = .separated(words[0] == "csv" ? "," : ";", names)
        default: return nil
        }
    }

    /// Fields of a line, trimmed; those that a newer release appends are left out, those that are missing are empty.
    func fields(of line: String) -> [String: String] {
        var out: [String: String] = [:]
        func put(_ name: String, _ text: some StringProtocol) {
            guard name != "-" else { return }
            var text = text[...]
            while text.first?.isWhitespace == true { text = text.dropFirst() }
            while text.last?.isWhitespace == true { text = text.dropLast() }
            out[name] = String(text)
        }
        switch layout {
        case .columns(let columns):
            var rest = line[...]
            for column in columns {
                put(column.name, rest.prefix(column.width))
                rest = rest.dropFirst(column.width)
            }
        case .separated(let mark, let names):
            let parts = line.split(separator: mark, omittingEmptySubsequences: false)
            for (name, part) in zip(names, parts) { put(name, part) }
        }
        return out
    }
}

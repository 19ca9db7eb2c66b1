public import Model

/// An entry with what proves it: a line of an export, which `edge-ingest audit verify --file` reads without the database.
public struct SealedEntry: Equatable, Sendable {
    public var entry: Entry
    /// Nil of an erased one.
    public var salt: String?
    public var digest: String
    /// The link of the entry before; empty of the first.
    public var previous: String
    public var link: String

    public static let shape = Shape<SealedEntry>(
        "SealedEntry",
        Entry.shape.fields(of: \.entry) + [
            .text("salt", ifAny: \.salt), .text("digest", \.digest), .text("previous", \.previous),
            .text("link", \.link),
        ])

    public var json: JSON { SealedEntry.shape.json(self) }

    /// The entry is as it was written, and follows the one that it names.
    public var isWhole: Bool {
        (salt.map { entry.digest(salt: $0) == digest } ?? entry.isErased)
            && Topic.digest(of: previous + digest) == link
    }
}

extension SealedEntry {
    /// A line that `json` wrote.
    public init?(_ json: JSON) {
        guard let seq = json["id"]?.integer, let at = json["at"]?.integer, let who = json["who"]?.text,
            let what = json["what"]?.text, let subject = json["subject"]?.text, let digest = json["digest"]?.text,
            let previous = json["previous"]?.text, let link = json["link"]?.text
        else { return nil }
        entry = Entry(
            seq: seq, at: at,
            author: Author(who, station: json["station"]?.text, reason: json["reason"]?.text),
            site: json["site"]?.text, fact: Fact(Fact.Kind(rawValue: what), subject, json["detail"]?.text),
            // Of a message that was too long the words are missing, as of an erased one.
            isErased: json["erased"]?.truth ?? json["cut"]?.truth ?? false)
        (self.digest, self.previous, self.link) = (digest, previous, link)
        salt = json["salt"]?.text
    }
}

/// A walk along the lines of an export, or of what a collector of syslog wrote.
public struct SealedTrail: Equatable, Sendable {
    public private(set) var lines: Int64 = 0
    public private(set) var erased: Int64 = 0
    /// Lines between which others of the ledger stand: filtered out, or lost.
    public private(set) var gaps: Int64 = 0
    /// The same entry again: a collector may be told twice.
    public private(set) var again: Int64 = 0
    /// The first line that is not as it was written, or does not follow the one before; from 1.
    public private(set) var broken: Int64?
    public private(set) var link = ""
    private var last: Int64 = 0

    public init() {}

    /// What stands before the `{` is a collector's. False: it is broken, and looking on says nothing.
    public mutating func take(_ line: String) -> Bool {
        guard let start = line.firstIndex(of: "{") else {
            if line.allSatisfy(\.isWhitespace) { return true }
            return fail()
        }
        guard let json = try? JSON(parsing: Array(line[start...].utf8)), let sealed = SealedEntry(json) else {
            return fail()
        }
        lines += 1
        let seq = sealed.entry.seq
        guard sealed.isWhole else { return fail(counted: true) }
        if lines > 1, seq <= last {
            again += 1
            return true
        }
        if seq == last + 1 || lines == 1 {
            guard lines == 1 ? seq > 1 || sealed.previous.isEmpty : sealed.previous == link else {
                return fail(counted: true)
            }
        } else {
            gaps += 1
        }
        erased += sealed.entry.isErased ? 1 : 0
        (last, link) = (seq, sealed.link)
        return true
    }

    private mutating func fail(counted: Bool = false) -> Bool {
        if !counted { lines += 1 }
        broken = lines
        return false
    }

    public var json: JSON {
        .object([
            ("lines", .int(lines)), ("erased", .int(erased)), ("gaps", .int(gaps)), ("again", .int(again)),
            ("broken", broken.map(JSON.int)), ("tip", .string(link)),
        ])
    }
}

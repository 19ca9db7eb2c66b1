public import Depot
import Model

/// An entry of the trail as a collector reads it: RFC 5424, with the sealed entry as JSON, so that what it wrote can be verified
/// (`edge-ingest audit verify --file`). The JSON is ASCII: no byte order mark is needed (RFC 5424, §6.4), and nothing is misread.
///
/// `<110>1 2026-11-28T06:00:00.000Z centre quai - delivery.close [meta sequenceId="17"] {"id":17,…}`
public enum SyslogMessage {
    /// Octets of a message at most: what a receiver should take (RFC 5425, §4.3.1). Of a longer one the words are left out.
    public static let limit = 8192
    /// Facility 13, log audit; severity 6, informational, and 5, notice, where somebody was refused (RFC 5424, §6.2.1).
    static let priority = 13 * 8 + 6

    /// `time`: the entry's moment as RFC 3339 writes it.
    public static func bytes(_ sealed: SealedEntry, host: String, time: String) -> [UInt8] {
        let severity = sealed.entry.fact.kind == .sessionRefused ? priority - 1 : priority
        // 1 to 2147483647, then from 1 again (RFC 5424, §7.3.1).
        let number = (sealed.entry.seq - 1) % 2_147_483_647 + 1
        let head =
            "<\(severity)>1 \(time) \(name(host, 255)) quai - \(name(sealed.entry.fact.kind.rawValue, 32)) "
            + "[meta sequenceId=\"\(number)\"] "
        let whole = Array((head + ascii(sealed.json.description)).utf8)
        guard whole.count > limit else { return whole }
        var cut = sealed
        cut.entry.fact.detail = nil
        cut.entry.fact.subject = ""
        cut.entry.author.reason = nil
        cut.salt = nil
        return Array((head + ascii(cut.json.with("cut", true).description)).utf8)
    }

    /// Printable ASCII without spaces; `-` where nothing is left.
    private static func name(_ text: String, _ limit: Int) -> String {
        let clean = text.utf8.filter { (33...126).contains($0) }.prefix(limit)
        return clean.isEmpty ? "-" : String(decoding: clean, as: UTF8.self)
    }

    /// JSON whose other signs are `\uXXXX` (RFC 8259, §7).
    static func ascii(_ json: String) -> String {
        guard json.utf8.contains(where: { $0 > 126 }) else { return json }
        return json.utf16.reduce(into: "") { out, unit in
            if unit < 127 {
                out.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            } else {
                let digits = String(unit, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
    }
}

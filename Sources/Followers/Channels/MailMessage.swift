import Depot

/// A letter (RFC 5322) in plain text. Nothing that came from outside makes a header of its own: line breaks are spaces there, and what is
/// not ASCII is an encoded word (RFC 2047).
public struct MailMessage: Equatable, Sendable {
    public var from: String
    public var to: String
    /// As `From` shows it: a name, and the address in brackets.
    public var sender: String
    public var text: String

    /// Longest address, in bytes (RFC 5321, 4.5.3.1.3).
    public static let addressLimit = 254

    /// `date` as RFC 5322, 3.3 writes it; `id` is the left side of the Message-ID. `unsubscribe`: an address that ends it by one request
    /// (RFC 8058), of digests alone: who is told of what is wrong chose it by type.
    public init(
        _ message: ChannelMessage, from: String, name: String, to: String, date: String, id: String,
        unsubscribe: String?
    ) {
        (self.from, self.to) = (from, to)
        sender = name.isEmpty ? from : "\(MailMessage.word(name)) <\(from)>"
        var headers = [
            "From: \(sender)", "To: \(to)", "Subject: \(MailMessage.word(message.title))", "Date: \(date)",
            "Message-ID: <\(id)@\(MailMessage.domain(from))>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            // RFC 3834, 5: nobody's holiday answers it.
            "Auto-Submitted: auto-generated", "Content-Language: \(message.language.rawValue)",
        ]
        switch message.priority {
        case .critical: headers += ["Importance: high", "X-Priority: 1"]
        case .high: headers.append("Importance: high")
        case .normal, .low: break
        }
        if message.isDigest, let unsubscribe {
            headers += ["List-Unsubscribe: <\(unsubscribe)>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]
        }
        text =
            (headers + [""] + MailMessage.lines(MailMessage.body(message, unsubscribe))).joined(separator: "\r\n")
            + "\r\n"
    }

    /// Whether a text is one address that can stand in a header and an envelope: `name@host`, of printable ASCII.
    public static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= addressLimit, parts.count == 2, (1...64).contains(parts[0].utf8.count) else {
            return false
        }
        // RFC 5322, 3.2.3: atext and dots; of a host letters, digits, hyphens and dots.
        let isLocal = parts[0].utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
        }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return isLocal && !parts[0].hasPrefix(".") && !parts[0].hasSuffix(".")
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-")
                    && label.utf8.allSatisfy {
                        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                            || $0 == 0x2D
                    }
            }
    }

    private static func domain(_ address: String) -> Substring { address.split(separator: "@").last ?? "localhost" }

    private static func body(_ message: ChannelMessage, _ unsubscribe: String?) -> String {
        var parts = [message.lines.count == 1 && !message.isDigest ? message.title : nil, message.text].compactMap(
            \.self)
        if let link = message.link { parts += ["", link] }
        if message.isDigest, let unsubscribe {
            parts += [
                "", message.language == .fr ? "Ne plus recevoir ce résumé :" : "To receive this no more:", unsubscribe,
            ]
        }
        return parts.filter { !$0.isEmpty || parts.count > 1 }.joined(separator: "\r\n")
            .replacing("\r\n", with: "\n").replacing("\n", with: "\r\n") + "\r\n"
    }

    /// Lines of at most 76 characters (RFC 2045, 6.8).
    private static func lines(_ text: String) -> [String] {
        let letters = Array(Sealing.base64(Array(text.utf8)).utf8)
        return stride(from: 0, to: letters.count, by: 76).map {
            String(decoding: letters[$0..<min($0 + 76, letters.count)], as: UTF8.self)
        }
    }

    /// A header's text: as it is where it is plain ASCII and short, otherwise encoded words of at most 75 characters, each of whole
    /// characters, on lines of their own (RFC 2047, 2 and 5).
    static func word(_ text: String) -> String {
        let clean = String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        let isPlain = clean.utf8.allSatisfy { $0 < 0x7F && !"\"(),:;<>@[\\]=?".utf8.contains($0) }
        guard !isPlain || clean.utf8.count > 60 else { return clean }
        var words: [[UInt8]] = [[]]
        for scalar in clean.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            // 39 bytes are 52 letters; 12 stand around them, and the header's name before the first.
            if words[words.count - 1].count + bytes.count > 39 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?B?\(Sealing.base64($0))?=" }.joined(separator: "\r\n ")
    }
}

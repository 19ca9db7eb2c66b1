public import Depot

/// What a person is told by a channel: one notice, or several that waited for it together.
public struct ChannelMessage: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public var title: String
        public var body: String?
        /// A whole address, where the site has said under which it is reached.
        public var link: String?

        public init(title: String, body: String? = nil, link: String? = nil) {
            (self.title, self.body, self.link) = (title, body, link)
        }
    }

    public var language: NoticeWords.Language
    public var priority: NoticeType.Priority
    public var lines: [Line]
    /// Of those that went beyond `limit`.
    public var more: Int
    /// The day's, of what is merely good to know.
    public var isDigest: Bool
    /// Nobody has read it: whom it was told before.
    public var raised: String?
    /// Where the page is.
    public var home: String?

    /// Lines of one message; what is beyond is a number.
    public static let limit = 50

    public init(
        _ lines: [Line], _ priority: NoticeType.Priority, in language: NoticeWords.Language, isDigest: Bool = false,
        raised: String? = nil, home: String? = nil
    ) {
        (self.lines, more) = (Array(lines.prefix(ChannelMessage.limit)), max(0, lines.count - ChannelMessage.limit))
        (self.priority, self.language, self.isDigest) = (priority, language, isDigest)
        (self.raised, self.home) = (raised, home)
    }

    private var count: Int { lines.count + more }

    /// One line.
    public var title: String {
        if count == 1, !isDigest, let line = lines.first {
            return raised == nil ? line.title : "\(raisedWord) \(line.title)"
        }
        return switch (language, isDigest) {
        case (.fr, true): "Résumé du jour : \(count) \(count > 1 ? "nouvelles" : "nouvelle")"
        case (.en, true): "Today in short: \(count) \(count == 1 ? "notice" : "notices")"
        case (.fr, false): "\(count) nouvelles : \(lines.first?.title ?? "")"
        case (.en, false): "\(count) notices: \(lines.first?.title ?? "")"
        }
    }

    private var raisedWord: String { language == .fr ? "[personne n’a lu]" : "[nobody has read it]" }

    /// The rest, for who has several lines.
    public var text: String {
        var parts: [String] = []
        if let raised { parts.append(language == .fr ? "Pas lu par : \(raised)" : "Not read by: \(raised)") }
        if count == 1, !isDigest {
            parts += [lines.first?.body].compactMap(\.self)
        } else {
            parts += lines.map { line in line.body.map { "• \(line.title), \($0)" } ?? "• \(line.title)" }
            if more > 0 { parts.append(language == .fr ? "… et \(more) de plus" : "… and \(more) more") }
        }
        return parts.joined(separator: "\n")
    }

    /// Where a touch leads.
    public var link: String? { count == 1 ? lines.first?.link ?? home : home }

    /// Everything on few characters, for a telephone.
    public func short(_ limit: Int) -> String {
        let whole = ([title] + (count == 1 ? [lines.first?.body].compactMap(\.self) : [])).joined(separator: ", ")
        return whole.count > limit ? String(whole.prefix(limit - 1)) + "…" : whole
    }
}

/// A request by HTTP.
public struct ChannelRequest: Sendable {
    public var method = "POST"
    public var url: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        method: String = "POST", url: String, headers: [(name: String, value: String)], body: [UInt8]
    ) { (self.method, self.url, self.headers, self.body) = (method, url, headers, body) }
}

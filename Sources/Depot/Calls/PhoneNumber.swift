internal import CPhoneNumber
public import Model

/// A number as received, understood for a region (libphonenumber; ITU-T E.164).
public struct PhoneNumber: Equatable, Sendable {
    public enum Kind: String, Sendable {
        case subscriber, short, `extension`, emergency, withheld, invalid
    }

    public var input: String
    public var kind: Kind
    public var e164: String?
    public var national: String?
    public var international: String?
    public var premium: Bool
    /// As people of the region read it: their own numbers in national form, others with the country.
    public var display: String {
        isDomestic ? national ?? input : international ?? input
    }
    /// What the region's telephones dial.
    public var dial: String?
    /// What is compared: E.164 where there is one; never the last digits alone.
    public var key: String

    /// In this order: withheld words, emergency numbers, the site's own plan (about the whole text), a valid number,
    /// other short numbers, the rest as it is.
    public init(_ input: String, region: String = "FR", internalPlan: String? = nil) {
        self.input = input
        premium = false
        var text = PhoneNumber.strip(input)
        if Party.wordsForWithheld.contains(text.lowercased()) {
            kind = .withheld
            key = "withheld"
            return
        }
        if let digits = PhoneNumber.emergency(text, region: region) {
            kind = .emergency
            dial = digits
            key = "short:\(region):\(digits)"
            return
        }
        if let internalPlan, let pattern = try? Regex(internalPlan), text.wholeMatch(of: pattern) != nil {
            kind = .extension
            key = "ext:\(text)"
            return
        }
        text = text.replacing("(0)", with: "")
        var parsed = cphone_parse(text, region)
        let digits = text.filter { $0.isASCII && $0.isWholeNumber }
        if !parsed.valid, !text.hasPrefix("+"), digits.count > 9, !digits.hasPrefix("0") {
            let international = cphone_parse("+\(digits)", region)
            if international.valid { parsed = international }
        }
        // Debian's metadata (8.12.57) still takes these for mainland numbers; Google's present one does not: they are
        // reached in Réunion, Guadeloupe and Guyane under country codes of their own.
        if ["+33262", "+33590", "+33594"].contains(where: { string(parsed.e164).hasPrefix($0) }) {
            parsed.valid = false
        }
        if parsed.valid {
            kind = .subscriber
            e164 = string(parsed.e164)
            national = string(parsed.national)
            international = string(parsed.international)
            premium = parsed.type == 4
            dial = string(parsed.dial).filter { $0.isASCII && ($0.isWholeNumber || $0 == "+") }
            key = e164 ?? "raw:\(digits)"
        } else if parsed.is_emergency || parsed.is_short {
            kind = parsed.is_emergency ? .emergency : .short
            dial = digits
            key = "short:\(region):\(digits)"
        } else {
            kind = .invalid
            key = "raw:\(digits.isEmpty ? text : digits)"
        }
    }

    /// Takes `tel:` and `sip:` apart; what follows `@` or `;` is no number.
    fileprivate static func strip(_ input: String) -> String {
        var text = input.trimming(" \t")
        for scheme in ["tel:", "sip:", "sips:"] where text.lowercased().hasPrefix(scheme) {
            text = String(text.dropFirst(scheme.count))
        }
        if let end = text.firstIndex(where: { $0 == "@" || $0 == ";" }) { text = String(text[..<end]) }
        return text
    }

    public var json: JSON {
        .object([
            ("input", .string(input)), ("e164", e164.map(JSON.string)), ("national", national.map(JSON.string)),
            ("kind", .string(kind.rawValue)),
        ])
    }
}

/// How a site's telephones write numbers.
public struct NumberPlan: Equatable, Sendable {
    /// ISO 3166 country.
    public var region: String
    /// Regular expression of the site's own extensions; nil: none.
    public var internalPlan: String?
    /// What is dialled first to get a line, such as `0`; nil where nothing is.
    public var outsidePrefix: String?
    /// Set where other sites have the same extensions: this site's are then known as `101@lyon`.
    public var ownExtensions: String?

    public init(
        region: String = "FR", internalPlan: String? = nil, outsidePrefix: String? = nil, ownExtensions: String? = nil
    ) {
        self.region = region
        self.internalPlan = internalPlan
        self.outsidePrefix = outsidePrefix
        self.ownExtensions = ownExtensions
    }

    /// An extension as the whole company knows it.
    public func desk(_ extension: String) -> String {
        guard let site = ownExtensions, !`extension`.contains("@") else { return `extension` }
        return "\(`extension`)@\(site)"
    }

    /// A call of this site with its extensions as the whole company knows them.
    public func placed(_ snapshot: CallSnapshot) -> CallSnapshot {
        guard ownExtensions != nil else { return snapshot }
        var placed = snapshot
        for index in placed.legs.indices { placed.legs[index].desk = placed.legs[index].desk.map(desk) }
        for index in placed.transfers.indices {
            placed.transfers[index].by = placed.transfers[index].by.map(desk)
            placed.transfers[index].to = placed.transfers[index].to.map(desk)
        }
        placed.answeredBy = placed.answeredBy.map(desk)
        placed.missedBy = placed.missedBy.map(desk)
        if placed.direction == .internal { placed.called = placed.called.map(desk) }
        if placed.direction == .internal || placed.direction == .outbound {
            placed.caller = placed.caller.map { $0.withheld ? $0 : Party(number: $0.number.map(desk), name: $0.name) }
        }
        return placed
    }

    /// A number as its exchange gives it. One that somebody dialled may begin with the prefix for a line: it is taken
    /// off where what remains is a number and the whole is none, or where a number with its country code would come out.
    public func number(_ text: String, dialled: Bool = false) -> PhoneNumber {
        let whole = PhoneNumber(text, region: region, internalPlan: internalPlan)
        if let help = emergencyBehindPrefix(text), whole.kind != .subscriber, whole.kind != .emergency { return help }
        guard dialled, let prefix = outsidePrefix, !prefix.isEmpty, whole.kind != .extension,
            text.hasPrefix(prefix), text.count > prefix.count + 1
        else { return whole }
        let rest = PhoneNumber(String(text.dropFirst(prefix.count)), region: region, internalPlan: internalPlan)
        let isGood = rest.kind != .invalid && rest.kind != .extension
        return isGood && (whole.kind == .invalid || rest.isDomestic) ? rest : whole
    }

    /// An exchange takes the prefix for a line, whatever the plan says of the whole: what follows may call for help.
    private func emergencyBehindPrefix(_ text: String) -> PhoneNumber? {
        let bare = PhoneNumber.strip(text)
        guard let prefix = outsidePrefix, !prefix.isEmpty, bare.hasPrefix(prefix) else { return nil }
        let rest = PhoneNumber(String(bare.dropFirst(prefix.count)), region: region)
        return rest.kind == .emergency ? rest : nil
    }

    /// What the exchange must dial to reach it.
    public func dial(_ number: PhoneNumber) -> String {
        let text = number.dial ?? number.input
        return number.kind == .extension ? text : (outsidePrefix ?? "") + text
    }
}

extension PhoneNumber {
    /// Of the region's own country: its telephones dial it in national form.
    public var isDomestic: Bool {
        guard kind == .subscriber, let dial else { return false }
        return !["00", "+", "011"].contains { dial.hasPrefix($0) }
    }
}

extension PhoneNumber {
    /// Without trunk prefix: what a shortened form ends with.
    var significantDigits: String { String(key.filter(\.isWholeNumber).drop { $0 == "0" }) }

    /// The last seven digits of a number that has so many; short ones and extensions are never guessed.
    var tail: String? {
        guard kind == .subscriber || kind == .invalid, significantDigits.count >= 7 else { return nil }
        return String(significantDigits.suffix(7))
    }
}

/// A C array of characters as text.
private func string<T>(_ field: T) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

extension String {
    func trimming(_ characters: String) -> String {
        guard let first = utf8.first, let last = utf8.last,
            characters.utf8.contains(first) || characters.utf8.contains(last)
        else { return self }
        var text = self[...]
        while let first = text.first, characters.contains(first) { text = text.dropFirst() }
        while let last = text.last, characters.contains(last) { text = text.dropLast() }
        return String(text)
    }
}

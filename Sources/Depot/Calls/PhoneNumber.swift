internal import CPhoneNumber
public import Model

/// A number as received, understood for a region (libphonenumber; ITU-T E.164).
public struct PhoneNumber: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
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

    /// In this order: withheld words, emergency numbers, the site's own plan (about the whole text), a prefix that
    /// withholds and what stands behind it, a valid number, other short numbers, the rest as it is. What is taken off a
    /// text, and what is no number at all: `NumberText`.
    public init(_ input: String, region: String = "FR", internalPlan: String? = nil) {
        self.input = input
        premium = false
        let bare = NumberText.bare(input)
        if Party.wordsForWithheld.contains(bare.lowercased()) {
            kind = .withheld
            key = "withheld"
            return
        }
        if let digits = PhoneNumber.emergency(bare, region: region) {
            kind = .emergency
            dial = digits
            key = "short:\(region):\(digits)"
            return
        }
        if let internalPlan, let pattern = try? Regex(internalPlan), bare.wholeMatch(of: pattern) != nil {
            kind = .extension
            key = "ext:\(bare)"
            dial = bare
            return
        }
        if let rest = NumberText.behindPrefix(bare, region: region) {
            let number = PhoneNumber(rest, region: region, internalPlan: internalPlan)
            if number.kind != .invalid, number.kind != .withheld {
                self = number
                self.input = input
                return
            }
        }
        let text = NumberText(bare: bare)
        for candidate in text.candidates {
            guard let found = PhoneNumber.subscriber(candidate, region: region) else { continue }
            kind = .subscriber
            (e164, national, international) = (found.e164, found.national, found.international)
            (premium, dial, key) = (found.isPremium, found.dial, found.e164)
            return
        }
        if !text.isWordy, let head = text.candidates.first, !head.contains("+") {
            let digits = head.filter(NumberText.isDigit)
            let isEmergency = PhoneNumber.isEmergency(digits, region: region)
            let isShort =
                cphone_parse(digits, region).is_short
                || FrenchNumbers.regions.contains(region) && cphone_parse(digits, "FR").is_short
            if isEmergency || isShort {
                kind = isEmergency ? .emergency : .short
                dial = digits
                key = "short:\(region):\(digits)"
                return
            }
        }
        kind = .invalid
        let digits = bare.filter(NumberText.isDigit)
        // A service code is not the number in it.
        key = "raw:\(digits.isEmpty || bare.contains("*") || bare.contains("#") ? bare : digits)"
    }

    private struct Found {
        var e164, national, international, dial: String
        var isPremium: Bool
    }

    /// `text` has digits and signs alone. Nil where the plan of its country has no such number.
    private static func subscriber(_ text: String, region: String) -> Found? {
        // A trunk prefix that is to be left out from abroad.
        let text = text.replacing("(0)", with: " ").replacing("[0]", with: " ")
        var digits = text.filter(NumberText.isDigit)
        guard digits.utf8.count <= 20 else { return nil }
        if text.contains("+") {
            if digits.hasPrefix("00") { digits.removeFirst(2) }
            return found("+\(digits)", region: region)
        }
        if let found = found(digits, region: region) { return found }
        // The international prefixes of most of the world (ITU-T E.123) and of North America.
        if digits.hasPrefix("00") { return found("+\(digits.dropFirst(2))", region: region) }
        let isRun = text.allSatisfy(NumberText.isDigit)
        if digits.hasPrefix("011"), digits.utf8.count >= 13, isRun || text.hasPrefix("011 ") || text.hasPrefix("011-") {
            return found("+\(digits.dropFirst(3))", region: region)
        }
        // With its country's code and nothing in front: the region's own however it is written, another's only in one
        // piece, as exchanges send it. Digits that somebody set apart may be two things.
        guard digits.utf8.count > 9, digits.first != "0", let found = found("+\(digits)", region: region) else {
            return nil
        }
        return isRun || !isAbroad(found.dial) ? found : nil
    }

    /// `digits` with or without a plus, and nothing else.
    private static func found(_ digits: String, region: String) -> Found? {
        let isInternational = digits.hasPrefix("+")
        let isFrench = FrenchNumbers.regions.contains(region)
        let bare = isInternational ? String(digits.dropFirst()) : digits
        var text = digits
        var overseas = FrenchNumbers.overseas(bare, isInternational: isInternational, region: region)
        var parsed = cphone_parse(text, region)
        // Regions overseas dial mainland numbers as their own.
        if !parsed.valid, overseas == nil, isFrench, !isInternational { parsed = cphone_parse(text, "FR") }
        if parsed.valid, overseas == nil {
            overseas = FrenchNumbers.overseas(
                String(string(parsed.e164).dropFirst()), isInternational: true, region: region)
        }
        if let overseas {
            text = "+\(overseas.code)\(overseas.number)"
            parsed = cphone_parse(text, region)
        }
        guard parsed.valid || overseas.map({ $0.code != "508" }) ?? false else { return nil }
        let e164 = parsed.valid ? string(parsed.e164) : text
        var found = Found(
            e164: e164, national: string(parsed.national), international: string(parsed.international),
            dial: string(parsed.dial).filter { NumberText.isDigit($0) || $0 == "+" }, isPremium: parsed.type == 4)
        if overseas != nil, let ten = FrenchNumbers.national(e164) {
            found.national = FrenchNumbers.spaced(ten)
            if !parsed.valid, let overseas {
                found.international = "+\(overseas.code) \(FrenchNumbers.spaced(ten).dropFirst())"
                found.dial = "00\(overseas.code)\(overseas.number)"
            }
        }
        if isFrench, let ten = FrenchNumbers.national(e164) { found.dial = ten }
        return found
    }

    fileprivate static func isAbroad(_ dial: String) -> Bool { ["00", "+", "011"].contains { dial.hasPrefix($0) } }

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
        placed.perhapsMissedBy = placed.perhapsMissedBy.map(desk)
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
        let bare = NumberText.bare(text)
        let text = NumberText.behindPrefix(bare, region: region) ?? bare
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
        guard let prefix = outsidePrefix, !prefix.isEmpty, text.hasPrefix(prefix) else { return nil }
        let rest = PhoneNumber(String(text.dropFirst(prefix.count)), region: region)
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
        return !PhoneNumber.isAbroad(dial)
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

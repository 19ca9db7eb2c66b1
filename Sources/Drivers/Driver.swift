/// A device family as data.
public struct Driver: Sendable {
    public enum Line: Equatable, Sendable {
        case serial(baud: Int)
        case tcp(port: UInt16)
    }

    public enum Hint: Equatable, Sendable {
        /// A USB id; `shared` when the bridge says nothing about what is behind it.
        case usb(vendor: UInt16, product: UInt16, shared: Bool)
    }

    public enum Kind: String, Sendable {
        case reader, scanner, telephony
    }

    /// Lower case with hyphens; what configuration and verbs call it.
    public let name: String
    public let title: String
    public let kind: Kind
    public let line: Line
    public let hints: [Hint]
    /// True until a transcript is a real capture with product, firmware, date and place.
    public let experimental: Bool
    /// Document and section this driver was written from.
    public let source: String
    public let session: @Sendable (SessionSettings) -> any Session

    public init(
        name: String, title: String, kind: Kind, line: Line, hints: [Hint] = [], experimental: Bool = true,
        source: String, session: @escaping @Sendable (SessionSettings) -> any Session
    ) {
        self.name = name
        self.title = title
        self.kind = kind
        self.line = line
        self.hints = hints
        self.experimental = experimental
        self.source = source
        self.session = session
    }
}

/// What a site may decide about a device; a driver takes what concerns it.
public struct SessionSettings: Equatable, Sendable {
    /// Configured name of the device; for telephony the source in every call's identity.
    public var name: String
    public var region: Region
    /// Nil leaves the reader's own setting.
    public var powerDBm: Double?
    /// Antennas to read in turn, from 1; empty means the first.
    public var antennas: [Int] = []
    public var user: String?
    public var secret: String?
    /// Regular expression: which endpoint names and dialled numbers are this site's own telephones.
    public var internalPlan: String
    /// Where a click to call enters the dial plan.
    public var context: String
    /// How the exchange names a telephone: `%` stands for the extension.
    public var channel: String

    public init(
        name: String = "", region: Region = .eu, powerDBm: Double? = nil, user: String? = nil, secret: String? = nil,
        internalPlan: String = #"^\d{2,5}$"#, context: String = "from-internal", channel: String = "PJSIP/%"
    ) {
        self.name = name
        self.region = region
        self.powerDBm = powerDBm
        self.user = user
        self.secret = secret
        self.internalPlan = internalPlan
        self.context = context
        self.channel = channel
    }
}

/// Radio regions of UHF readers.
public enum Region: String, Sendable, CaseIterable {
    case eu, us, cn900, cn800, kr
}

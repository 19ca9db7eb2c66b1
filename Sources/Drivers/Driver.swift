public import Model

/// A device family as data.
public struct Driver: Sendable {
    public enum Line: Equatable, Sendable {
        case serial(baud: Int)
        case tcp(port: UInt16)
        /// Connections that come to us, many at once (`GatheredLine`).
        case gathered(port: UInt16)
        /// USB interrupt packets of a HID interface.
        case hid(HIDUse)
        /// A contactless reader: through pcscd, or its CCID interface alone.
        case ccid
        /// Standard input and output of a child process.
        case process
    }

    public enum HIDUse: Equatable, Sendable {
        case keyboard, pointOfSale
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
    /// A tag is gone when it was not read for this long, where the site says nothing else.
    public let departure: Duration
    /// Harmless questions that tell this family from the others; empty for devices that only talk.
    public let probes: [Probe]
    /// What bytes heard on a line say about who is there; nil for families that need no guessing.
    public let recognise: (@Sendable ([UInt8]) -> Evidence)?
    /// Nil where a capture cannot be blinded.
    public let sealing: Sealing?
    /// True until a transcript is a real capture with product, firmware, date and place.
    public let experimental: Bool
    /// Document and section this driver was written from.
    public let source: String
    /// What it can do with calls that run, beside dialling.
    public let acts: Set<CallAct>
    /// The device's bytes come in packets whose bounds count.
    public var isPacketed: Bool { if case .hid = line { true } else { false } }
    public let session: @Sendable (SessionSettings) -> any Session

    public init(
        name: String, title: String, kind: Kind, line: Line, hints: [Hint] = [],
        departure: Duration = .seconds(3), probes: [Probe] = [],
        recognise: (@Sendable ([UInt8]) -> Evidence)? = nil, sealing: Sealing? = nil, experimental: Bool = true,
        acts: Set<CallAct> = [], source: String, session: @escaping @Sendable (SessionSettings) -> any Session
    ) {
        self.name = name
        self.title = title
        self.kind = kind
        self.line = line
        self.hints = hints
        self.departure = departure
        self.probes = probes
        self.recognise = recognise
        self.sealing = sealing
        self.experimental = experimental
        self.acts = acts
        self.source = source
        self.session = session
    }
}

/// What a site may decide about a device; a driver takes what concerns it.
public struct SessionSettings: Equatable, Sendable {
    /// Configured name of the device; for telephony the source in every call's identity.
    public var name: String
    /// Nil where nobody has said where it transmits: then no region is set.
    public var region: Region?
    /// Nil leaves the reader's own setting.
    public var powerDBm: Double?
    /// Antennas to read in turn, from 1; empty means the first.
    public var antennas: [Int] = []
    /// Of each tag beside its id, where the driver can; each bank once.
    public var memory: [MemoryRead] = []
    /// The reader beeps or lights up when a scan is safe, where it can.
    public var beeps = false
    /// Bytes that end a scan of a line scanner; empty takes the usual ones.
    public var terminators: [UInt8] = []
    /// Silence that ends a scan; nil takes the driver's own.
    public var scanSilence: Duration?
    /// What the scanner puts before and behind every scan; taken off.
    public var stripPrefix: String?
    public var stripSuffix: String?
    /// What the scanner sends where GS1 wants GS; nil when it sends GS itself.
    public var groupSeparator: String?
    /// The site's country (ISO 3166-1), where it is known: it decides the keyboard layout until a scan proves another.
    public var country: String?
    /// Two equal reads within this time are a card, where a reader's lone frames are not believed; nil is the driver's own.
    public var repeatWithin: Duration?
    /// Nil takes the country's until a scan proves another.
    public var keyboardLayout: KeyboardLayout?
    public var user: String?
    public var secret: String?
    /// Regular expression: which endpoint names and dialled numbers are this site's own telephones.
    public var internalPlan: String
    /// Where a click to call enters the dial plan.
    public var context: String
    /// How the exchange names a telephone: `%` stands for the extension.
    public var channel: String
    /// Telephones to be followed, where the exchange wants to be told which (CSTA).
    public var extensions: [String] = []
    /// The line's own number, where the device does not tell which number was called (a modem).
    public var number: String?
    /// Longest time that a ring waits for the exchange's word on whether the number may be shown; 0 tells it at once, and the
    /// number when the word is there.
    public var presentationDelay: Duration = .milliseconds(30)
    /// Numbers are shown also where the account may not ask whether they are withheld.
    public var showsUnchecked = false
    /// The exchange's call records are listened to: they tell how calls ended that nobody heard end.
    public var hearsRecords = false
    /// Whom the other side of a click to call sees, outside the house; nil gives the telephone that clicked, and leaves the rest to the
    /// exchange.
    public var callerID: String?
    /// The same for single telephones.
    public var callerIDs: [String: String] = [:]
    /// How a call record is laid out (`SMDRFormat`).
    public var format: String?
    /// What a former run knew of this exchange; nil at a first start.
    public var past: Past?
    /// The agent's run, which grows with each start: ids that an exchange uses again are told apart by it. 0 in the first run that hears
    /// this exchange.
    public var run = 0

    /// An exchange as it was last heard before the agent stopped.
    public struct Past: Equatable, Sendable {
        /// Calls it had counted by then.
        public var counted: Int?
        /// Calls that ran, by their whole names.
        public var running: Set<String>
        /// Legs that were held.
        public var held: Set<String>
        /// Clicks, by the call that each had made.
        public var commands: [String: String]

        public init(
            counted: Int? = nil, running: Set<String> = [], held: Set<String> = [], commands: [String: String] = [:]
        ) {
            (self.counted, self.running, self.held, self.commands) = (counted, running, held, commands)
        }

        public init(counted: Int?, calls: [CallSnapshot]) {
            let clicks = calls.compactMap { call in call.command.map { (call.call, $0) } }
            self.init(
                counted: counted, running: Set(calls.map(\.call)),
                held: Set(calls.flatMap(\.legs).filter { $0.state == .held }.map(\.id)),
                commands: Dictionary(clicks) { first, _ in first })
        }
    }

    public init(
        name: String = "", region: Region? = nil, powerDBm: Double? = nil, user: String? = nil, secret: String? = nil,
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

    /// The number that is given for a click of this telephone; nil outside where nobody has said which: then the telephone is named, and
    /// the exchange decides.
    func presents(_ desk: String, isInside: Bool) -> String? { isInside ? desk : callerIDs[desk] ?? callerID }
}

/// What a device said.
public enum Observation: Equatable, Sendable {
    case tag(TagRead)
    case barcode(Barcode)
    case key(String)
    case call(CallSignal)
    /// The device reports a fault of its own.
    case fault(Fault)
    /// The device told something about itself (model, firmware, region, power).
    case identity(Identity)
    /// Progress of a command given to this device.
    case progress(CommandProgress)
}

/// One sighting of a tag.
public struct TagRead: Equatable, Sendable {
    public var id: TagID
    /// Received strength in dBm; nil where the reader gives none or a unit of its own.
    public var rssiDBm: Double?
    /// From 1.
    public var antenna: Int?
    /// Gen2 protocol control word.
    public var protocolControl: UInt16?
    /// What was read of its TID and user memory, where the site asked for it; at most `TagID.limit` bytes each.
    public var tid: [UInt8]?
    public var userMemory: [UInt8]?
    /// Reads that the reader merged into this one.
    public var count: Int
    /// Whether the tag's own CRC-16 fits; nil when it did not come along.
    public var crcIsValid: Bool?
    /// The reader's own clock, Unix microseconds; often wrong, never used for order.
    public var deviceMicroseconds: Int64?

    /// This reader is known to invent tags: one read is believed only when a second follows within this time.
    public var confirmation: Duration?
    /// The tag changes its identifier on each tap (a telephone): good for presence, not for identity.
    public var isRandom = false

    public init(
        id: TagID, rssiDBm: Double? = nil, antenna: Int? = nil, protocolControl: UInt16? = nil, count: Int = 1,
        crcIsValid: Bool? = nil, deviceMicroseconds: Int64? = nil
    ) {
        self.id = id
        self.rssiDBm = rssiDBm
        self.antenna = antenna
        self.protocolControl = protocolControl
        self.count = count
        self.crcIsValid = crcIsValid
        self.deviceMicroseconds = deviceMicroseconds
    }
}

/// One scan of a barcode.
public struct Barcode: Equatable, Sendable {
    /// AIM identifier such as `]C1`; nil when the scanner does not send it.
    public var symbology: String?
    public var text: String

    public init(symbology: String? = nil, text: String) {
        self.symbology = symbology
        self.text = text
    }
}

public struct Fault: Equatable, Sendable {
    /// Stable, lower case with hyphens: `antenna-disconnected`.
    public var code: String
    public var text: String

    public init(code: String, text: String) {
        self.code = code
        self.text = text
    }
}

public struct Identity: Equatable, Sendable {
    /// `hardware`, `software`, `maker`, `region`, `power`, `pbx`.
    public var field: String
    public var text: String

    public init(field: String, text: String) {
        self.field = field
        self.text = text
    }
}

extension Observation {
    /// The form of `edge-agent decode`: one JSON object, members absent when unknown.
    public var json: JSON {
        switch self {
        case .tag(let read):
            return .object([
                ("kind", "tag"),
                ("scheme", .string(read.id.scheme.rawValue)),
                ("id", .string(read.id.hex)),
                ("rssiDBm", read.rssiDBm.map(JSON.number)),
                ("antenna", read.antenna.map { .int(Int64($0)) }),
                ("tid", read.tid.map { .string(Hex.string($0)) }),
                ("user", read.userMemory.map { .string(Hex.string($0)) }),
                ("pc", read.protocolControl.map { .string(Hex.string([UInt8($0 >> 8), UInt8($0 & 0xFF)])) }),
                ("count", read.count == 1 ? nil : .int(Int64(read.count))),
                ("crcValid", read.crcIsValid == false ? .bool(false) : nil),
                ("random", read.isRandom ? .bool(true) : nil),
                ("at", read.deviceMicroseconds.map(JSON.int)),
            ])
        case .barcode(let barcode):
            return .object([
                ("kind", "barcode"), ("symbology", barcode.symbology.map(JSON.string)), ("text", .string(barcode.text)),
            ])
        case .key(let text):
            return .object([("kind", "key"), ("text", .string(text))])
        case .call(let signal):
            return signal.json
        case .fault(let fault):
            return .object([("kind", "fault"), ("code", .string(fault.code)), ("text", .string(fault.text))])
        case .identity(let identity):
            return .object([
                ("kind", "identity"), ("field", .string(identity.field)), ("text", .string(identity.text)),
            ])
        case .progress(let progress):
            return .object([
                ("kind", "progress"), ("command", .string(progress.id)), ("state", .string(progress.state.rawValue)),
                ("cause", progress.cause.map(JSON.string)), ("call", progress.call.map(JSON.string)),
            ])
        }
    }
}

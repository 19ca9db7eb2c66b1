import Model

/// What was seen of an agent: values alone, so that every check can be tried without a machine. What nobody looked at is nil
/// or empty.
struct AgentPicture: Sendable {
    /// Unix milliseconds.
    var now: Int64
    var version = Agent.version
    var clockIsSet = true
    /// Mistakes of the configuration with their places; then little else was looked at.
    var mistakes: [String] = []
    var warnings: [String] = []
    var disk: Disk?
    /// Why the folder of the buffer cannot be written.
    var closed: [String] = []
    /// Buffers that were set aside.
    var aside: [String] = []
    var secrets: [Secret] = []
    var certificates: [Certificate] = []
    var run = Run.unasked("")
    var broker: Broker?
    var brokerAddress = ""
    var uplink: Uplink?
    var buffer: JSON?
    /// What the centre set and how it stands, as part `configuration` of the status says it.
    var managed: JSON?
    /// What became of a version that the centre asked for, as part `update` of the status says it.
    var update: JSON?
    /// Why the files were not taken when they were read again.
    var refused: [String] = []
    /// Nil where nobody looked.
    var devices: [Device]?

    enum Run: Equatable, Sendable {
        case running
        case stopped(String)
        /// It runs, or may run, and was not asked: why.
        case unasked(String)
    }

    struct Disk: Sendable {
        var path: String
        var free: Int64
        var size: Int64
        /// Files that may still be made, and files at all; 0 of 0 where the file system counts none.
        var inodes: (free: Int64, all: Int64) = (0, 0)
    }

    struct Secret: Sendable {
        /// `[uplink]`, or the device's name.
        var subject: String
        var problem: String
        /// Whether root or the service asks.
        var mayLook = true
    }

    struct Certificate: Sendable {
        var path: String
        /// Unix milliseconds.
        var ends: Int64?
        /// Why it cannot be read.
        var problem: String?
    }

    enum Broker: Equatable, Sendable {
        case good
        /// Good, in MQTT 3.1.1.
        case older
        case unreachable(String)
        case untrusted(String)
        case refused(String)
        case denied(String)
    }

    /// The way to the centre, as the running agent sees it.
    struct Uplink: Sendable {
        var isConnected = false
        var hasCentre = false
        var isDelivering = false
        /// The broker has said how the centre is.
        var isPresenceKnown = true
        /// Since when it is so, and the last acknowledgement, in Unix milliseconds.
        var since: Int64
        var lastAck: Int64?
        var alarm: String?
        var centreVersion: String?
        /// The centre's clock less ours, in milliseconds.
        var clockOffset: Int64?
        /// The last jump of our clock: when, and by how many milliseconds.
        var jump: (at: Int64, by: Int64)?
    }

    struct Device: Sendable {
        var name: String
        var driver = ""
        var isTelephone = false
        var isExperimental = false
        var state: String
        var reason: String?
        /// Why it fails, for programs.
        var code: String?
        var port = ""
        /// Unix milliseconds of the last change of state.
        var since: Int64
        var observations: Int64 = 0
        var noise: Int64 = 0
        var lastFault: String?
        /// What cannot be known of calls, in words.
        var doubt: String?
        /// Who owns its file, who has it open.
        var look: [String] = []
    }
}

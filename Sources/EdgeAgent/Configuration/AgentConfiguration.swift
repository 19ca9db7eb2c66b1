import Drivers
import Glibc
import Model
import Platform
import Ports
import Settings

/// What `agent.toml` may say; every value has a default that works.
struct AgentConfiguration: Sendable {
    struct Device: Sendable {
        var name: String
        var driver: Driver
        var address: PortAddress
        var zone: String
        /// A tag is gone when it was not read for this long.
        var departure: Duration
        var settings: SessionSettings
        var secret: String?
    }

    struct Uplink: Sendable {
        var broker = "mqtt://127.0.0.1:1883"
        var user: String?
        var password: String?
        var authority: String?
        var certificate: String?
        var key: String?
    }

    var agent = AgentConfiguration.hostName
    var site = "main"
    var state = AgentConfiguration.defaultState
    var logLevel = "info"
    var uplink = Uplink()
    var devices: [Device] = []
    /// Bytes the buffer may take; nil takes min(1 GiB, half of the free space).
    var budget: Int64?

    var socket: String { "\(state)/control.sock" }

    static var defaultState: String {
        getenv("STATE_DIRECTORY").map { String(cString: $0) } ?? "/var/lib/quai-agent"
    }

    /// This machine's name in the alphabet of agents.
    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, 255)
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
        let clean = text.prefix(32).map { Topic.isName(String($0)) ? $0 : "-" }
        return clean.isEmpty ? "agent" : String(clean)
    }

    static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    /// The file, or the defaults when `path` is nil.
    static func load(_ path: String?) throws -> AgentConfiguration {
        guard let path else { return AgentConfiguration() }
        let bytes: [UInt8]
        do { bytes = try Files.read(path, limit: 1 << 20) } catch {
            throw Problems([Problem(file: path, line: 0, column: 0, text: String(cString: strerror(error.code)))])
        }
        return try AgentConfiguration(parsing: String(decoding: bytes, as: UTF8.self), file: path)
    }

    init() {}

    init(parsing text: String, file: String) throws(Problems) {
        let reader = try SettingsReader(text: text, file: file)
        let root = reader.root
        if let version = root.integer("version", in: 0...Int64.max), version != 1 {
            root.reject("version", "\(version) is not known; this program reads version 1")
        } else if root.integer("version", in: 0...Int64.max) == nil {
            root.require("version", "write version = 1 at the top")
        }
        if let name = root.string("agent") {
            if Topic.isName(name) { agent = name } else { root.reject("agent", "must be 1 to 32 of a-z, 0-9 and -") }
        }
        if let name = root.string("site") {
            if Topic.isName(name) { site = name } else { root.reject("site", "must be 1 to 32 of a-z, 0-9 and -") }
        }
        state = root.string("state") ?? state
        logLevel = root.string("log-level", among: Self.logLevels) ?? logLevel
        if let section = root.table("uplink") { uplink = Uplink(section) }
        if let section = root.table("buffer") {
            budget = section.integer("budget-mib", in: 1...1_048_576).map { $0 << 20 }
        }
        devices =
            root.tables("reader").compactMap { Device(reader: $0) }
            + root.tables("phone").compactMap { Device(phone: $0) }
        let names = devices.map(\.name)
        for device in devices where names.count(where: { $0 == device.name }) > 1 {
            root.require("reader", "the name \"\(device.name)\" is used twice")
            break
        }
        try reader.finish()
    }
}

extension AgentConfiguration.Uplink {
    fileprivate init(_ section: Section) {
        if let url = section.string("broker") {
            if url.hasPrefix("mqtt://") || url.hasPrefix("mqtts://"), !url.contains("@") {
                broker = url
            } else {
                section.reject("broker", "must be mqtt://HOST:PORT or mqtts://HOST:PORT, without a user or password")
            }
        }
        user = section.string("user")
        password = section.secret("password")
        authority = section.string("authority")
        certificate = section.string("certificate")
        key = section.string("key")
    }
}

extension Section {
    /// `credential:NAME` or `file:PATH`; the secret itself is refused.
    fileprivate func secret(_ key: String) -> String? {
        guard let text = string(key) else { return nil }
        guard text.hasPrefix("credential:") || text.hasPrefix("file:") else {
            reject(key, "must be credential:NAME or file:PATH; a secret never stands in this file")
            return nil
        }
        return text
    }

    fileprivate func driver(_ kinds: [Driver.Kind]) -> Driver? {
        let choices = Driver.catalog.filter { kinds.contains($0.kind) }.map(\.name)
        guard let name = string("driver", among: choices) else {
            if !has("driver") { require("driver", "one of \(choices.joined(separator: ", "))") }
            return nil
        }
        return Driver.named(name)
    }

    fileprivate func address(_ key: String, forms: String = PortAddress.forms) -> PortAddress? {
        guard let text = string(key) else {
            if !has(key) { require(key, "where it is: \(forms)") }
            return nil
        }
        guard let address = PortAddress(text) else {
            reject(key, "must be \(forms), not \"\(text)\"")
            return nil
        }
        return address
    }
}

extension AgentConfiguration.Device {
    fileprivate init?(reader section: Section) {
        let driver = section.driver([.reader, .scanner])
        let address = section.address("port")
        let region = section.string("region", among: Region.allCases.map(\.rawValue)).flatMap(Region.init) ?? .eu
        let power = section.number("power-dbm", in: 0...33)
        let zone = section.string("zone") ?? section.name
        let departure = section.number("departure-seconds", in: 0.1...3600) ?? 3
        let antennas = section.integers("antennas", in: 1...8) ?? []
        guard let driver, let address else { return nil }
        var settings = SessionSettings(name: section.name, region: region, powerDBm: power)
        settings.antennas = antennas.map(Int.init)
        self.init(
            name: section.name, driver: driver, address: address, zone: zone,
            departure: .milliseconds(Int64(departure * 1000)), settings: settings)
    }

    fileprivate init?(phone section: Section) {
        let driver = section.driver([.telephony])
        let address = section.address("address", forms: "tcp:HOST:PORT")
        var settings = SessionSettings(name: section.name)
        settings.user = section.string("user")
        let secret = section.secret("secret")
        if let plan = section.string("internal-plan") {
            if !DialPlan(pattern: plan).isValid {
                section.reject("internal-plan", "is not a regular expression")
            } else {
                settings.internalPlan = plan
            }
        }
        settings.context = section.string("context") ?? settings.context
        if let channel = section.string("channel") {
            if channel.contains("%") {
                settings.channel = channel
            } else {
                section.reject("channel", "needs a % where the extension goes, such as PJSIP/%")
            }
        }
        guard let driver, let address else { return nil }
        self.init(
            name: section.name, driver: driver, address: address, zone: section.name, departure: .seconds(3),
            settings: settings, secret: secret)
    }

    /// The driver's settings with the secret read from where it is kept.
    func resolvedSettings() throws(SecretError) -> SessionSettings {
        var settings = settings
        if let secret { settings.secret = try Files.secret(secret) }
        return settings
    }
}

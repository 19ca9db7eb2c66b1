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
        /// Nil has it recognised.
        var driver: Driver?
        var address: PortAddress
        var rules: Presence.Rules
        var settings: SessionSettings
        var secret: String?
        /// What a device that nobody configured calls itself.
        var title: String?
        /// Its line's speed and framing, where the site says so.
        var baud: Int?
        var framing = SerialFraming()
        /// Whom its TLS line believes.
        var trust = TLSTrust()

        /// For a device that was plugged in: as it was found.
        var attachment: Attachment?

        /// Where it is now: a device that was plugged in may have another node each time.
        func place() throws(PortError) -> PortAddress {
            guard let attachment, case .serial = address else { return address }
            let present = Attachment.present()
            // A twin with its serial number may have come meanwhile: then the socket tells.
            guard
                let found = present.first(where: { $0.key == attachment.key })
                    ?? present.first(where: { $0.isSamePlug(as: attachment) })
            else {
                throw .missing("\(title ?? name) is not plugged in")
            }
            return found.address
        }

        var isTelephone: Bool { driver?.kind == .telephony }
    }

    struct Uplink: Sendable {
        var broker = "mqtt://127.0.0.1:1883"
        var user: String?
        var password: String?
        var authority: String?
        var certificate: String?
        var key: String?
        /// Where the centre's pages are, by which the certificate is renewed; written by `join`.
        var centre: String?
    }

    /// What the centre may set.
    struct Downlink: Sendable {
        var isAllowed = false
        /// How long a new configuration may take to reach the centre before it is taken back.
        var trialSeconds = 120
        /// Another broker may be named.
        var mayMoveBroker = false
        /// Hosts, in lower case, to which devices of its configuration may connect, and addresses on which they may
        /// listen, besides those of this file's own devices.
        var hosts: Set<String> = []
    }

    var downlink = Downlink()
    var update = Update()
    var local = Local()
    var agent = AgentConfiguration.hostName
    var site = "main"
    var state = AgentConfiguration.defaultState
    var logLevel = "info"
    var logFormat = ProgramLog.Form.text
    var uplink = Uplink()
    var devices: [Device] = []
    var discovery = Discovery()
    /// Where radio is transmitted by default.
    var country: Country?
    /// Bytes the buffer may take; nil takes min(1 GiB, half of the free space).
    var budget: Int64?

    /// The files that it was read from; none where the defaults hold.
    private(set) var files: [String] = []
    /// What they say, by device and table (`place`), to be compared.
    private(set) var written: [String: [String]] = [:]

    /// USB devices that the file names, as `vvvv:pppp`: they need a udev rule of their own.
    var usbIDs: Set<String> {
        discovery.keyboards.union(
            devices.compactMap { device in
                guard case .usb = device.address else { return nil }
                return String(device.address.description.dropFirst(4).prefix(9)).lowercased()
            })
    }

    var outbox: String { "\(state)/outbox.db" }
    var socket: String { "\(state)/control.sock" }

    static var defaultState: String {
        getenv("STATE_DIRECTORY").map { String(cString: $0) } ?? "/var/lib/quai-agent"
    }

    /// This machine's name in the alphabet of agents.
    static var hostName: String {
        let clean = Machine.name.lowercased().prefix(32).map { Topic.isName(String($0)) ? $0 : "-" }
        return clean.isEmpty ? "agent" : String(clean)
    }

    static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    /// The file, or the defaults when `path` is nil.
    static func load(_ path: String?) throws -> AgentConfiguration {
        guard let path else { return AgentConfiguration() }
        do {
            return try AgentConfiguration(sources: try ConfigurationFiles.read(path))
        } catch let error as FileError {
            throw Problems([
                Problem(file: error.path, line: 0, column: 0, text: String(cString: strerror(error.code)))
            ])
        }
    }

    init() {}

    init(parsing text: String, file: String) throws(Problems) { try self.init(sources: [(file, text)]) }

    init(sources: [(file: String, text: String)]) throws(Problems) {
        files = sources.map(\.file)
        let reader = try SettingsReader(sources)
        written = reader.written(AgentConfiguration.place)
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
        let forms = ProgramLog.Form.allCases.map(\.rawValue)
        logFormat = root.string("log-format", among: forms).flatMap(ProgramLog.Form.init) ?? logFormat
        if let section = root.table("uplink") { uplink = Uplink(section) }
        if let section = root.table("downlink") {
            downlink.isAllowed = section.boolean("configuration") ?? false
            downlink.trialSeconds =
                section.integer("trial-seconds", in: 5...3600).map(Int.init) ?? downlink.trialSeconds
            downlink.mayMoveBroker = section.boolean("broker") ?? false
            for host in section.strings("hosts") ?? [] {
                // One colon is a port's; an IPv6 address has more.
                let colons = host.count(where: { $0 == ":" })
                if host.isEmpty || colons == 1 || host.contains(where: { " /@*[]".contains($0) }) {
                    section.reject("hosts", "lists host names and addresses without a port, not \"\(host)\"")
                } else {
                    downlink.hosts.insert(host.lowercased())
                }
            }
        }
        if let section = root.table("update") { update = Update(section) }
        if let section = root.table("buffer") {
            budget = section.integer("budget-mib", in: 1...1_048_576).map { $0 << 20 }
        }
        country = root.country()
        if let section = root.table("discovery") { discovery = Discovery(section) }
        let country = country
        devices =
            root.tables("reader").compactMap { Device(reader: $0, country: country) }
            + root.tables("phone").compactMap { Device(phone: $0) }
        let names = devices.map(\.name)
        for device in devices where names.count(where: { $0 == device.name }) > 1 {
            root.require("reader", "the name \"\(device.name)\" is used twice")
            break
        }
        for (index, device) in devices.enumerated() {
            guard let other = devices[..<index].first(where: { $0.address == device.address }) else { continue }
            if case .pcsc = device.address { continue }
            root.require("reader", "\(device.name) and \(other.name) share the port \(device.address)")
        }
        if let section = root.table("local") { local = Local(section, devices: devices) }
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
        centre = section.string("centre")
        if let centre, (try? CentreAddress(centre)) == nil { section.reject("centre", "must be https://HOST:PORT") }
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

    /// Readers that speak HTTP know who asks, or ask who posts.
    fileprivate func readerSecret(_ driver: Driver?) -> String? {
        let secret = secret("secret")
        let names = Driver.httpReaders
        if let driver, has("user") || has("secret"), !names.contains(driver.name) {
            reject(
                has("user") ? "user" : "secret", "is for \(names.joined(separator: " and ")), not for \(driver.name)")
        } else if has("user") != has("secret") {
            require(has("user") ? "secret" : "user", "user and secret go together")
        }
        return secret
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

extension Section {
    fileprivate func presence(departure usual: Duration) -> Presence.Rules {
        let departure = number("departure-seconds", in: 0.1...3600).map { Duration.milliseconds(Int64($0 * 1000)) }
        var rules = Presence.Rules(zone: string("zone") ?? name, departure: departure ?? usual)
        rules.thresholdDBm = number("rssi-threshold-dbm", in: -100...0)
        rules.window = integer("rssi-window", in: 1...8).map(Int.init) ?? rules.window
        rules.handoverDB = number("handover-db", in: 0...40) ?? rules.handoverDB
        rules.repeatEvery = number("repeat-seconds", in: 1...86_400).map { .milliseconds(Int64($0 * 1000)) }
        rules.countsStock = string("use", among: ["deliveries", "stock"]) == "stock"
        if let order = integers("entry-antennas", in: 1...32) {
            if order.count > 1, Set(order).count == order.count {
                rules.entryAntennas = order.map(Int.init)
            } else {
                reject("entry-antennas", "names two or more antennas, from outside to inside")
            }
        }
        if let zones = table("zones") {
            for number in 1...32 {
                if let zone = zones.string("\(number)") { rules.antennaZones[number] = zone }
            }
        }
        return rules
    }

    /// Names of control characters, or one character each.
    fileprivate func terminators(_ key: String) -> [UInt8] {
        let names: [String: UInt8] = [
            "CR": 0x0D, "LF": 0x0A, "TAB": 0x09, "ETX": 0x03, "EOT": 0x04, "NUL": 0x00, "GS": 0x1D,
        ]
        return (strings(key) ?? []).compactMap { text in
            if let byte = names[text] { return byte }
            if text.utf8.count == 1 { return text.utf8.first }
            reject(key, "lists \(names.keys.sorted().joined(separator: ", ")) or single characters, not \"\(text)\"")
            return nil
        }
    }
}

extension Driver.Line {
    fileprivate var words: String {
        switch self {
        case .serial: "a serial line"
        case .tcp: "TCP"
        case .gathered: "connections that come to us (listen:ADDRESS:PORT)"
        case .hid: "USB (usb:VVVV:PPPP)"
        case .ccid: "pcsc: or USB"
        case .process: "a program (exec:/PATH)"
        }
    }
}

extension AgentConfiguration.Device {
    fileprivate init?(reader section: Section, country: Country?) {
        let driver = section.has("driver") ? section.driver([.reader, .scanner]) : nil
        let address = section.address("port")
        var settings = SessionSettings(
            name: section.name, region: section.region(country), powerDBm: section.number("power-dbm", in: 0...33))
        settings.antennas = (section.integers("antennas", in: 1...32) ?? []).map(Int.init)
        settings.memory = section.memory(driver)
        settings.beeps = section.boolean("beep") ?? false
        settings.keyboardLayout = section.string("keyboard", among: KeyboardLayout.allCases.map(\.rawValue))
            .flatMap(KeyboardLayout.init)
        settings.country = country?.code
        settings.repeatWithin = section.number("repeat-within", in: 0.1...30).map { .milliseconds(Int64($0 * 1000)) }
        settings.groupSeparator = section.string("group-separator")
        settings.stripPrefix = section.string("strip-prefix")
        settings.stripSuffix = section.string("strip-suffix")
        settings.scanSilence = section.integer("scan-silence-ms", in: 10...5000).map { .milliseconds($0) }
        settings.terminators = section.terminators("terminators")
        // Who waits so long for a second read may not miss the tag sooner.
        let rules = section.presence(
            departure: max(driver?.departure ?? .seconds(3), settings.repeatWithin ?? .zero))
        let (baud, framing) = section.serialLine(at: address)
        settings.user = section.string("user")
        let secret = section.readerSecret(driver)
        guard let address, driver != nil || !section.has("driver") else { return nil }
        if let driver, !address.fits(driver.line) {
            section.reject("port", "does not fit the driver \(driver.name), which speaks over \(driver.line.words)")
            return nil
        }
        if driver == nil, !address.fits(.serial(baud: 9600)) {
            section.require("driver", "only serial lines are recognised by themselves")
            return nil
        }
        self.init(
            name: section.name, driver: driver, address: address, rules: rules, settings: settings, secret: secret)
        (self.baud, self.framing, trust) = (baud, framing, section.trust(at: address))
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
        settings.extensions = section.strings("extensions") ?? []
        settings.number = section.string("number")
        settings.readCallers(section)
        settings.format = section.string("format")
        if let format = settings.format, SMDRFormat(format) == nil {
            section.reject("format", "must be \(SMDRFormat.forms)")
        }
        let (baud, framing) = section.serialLine(at: address)
        guard let driver, let address else { return nil }
        if driver.name == Driver.csta.name, settings.extensions.isEmpty {
            section.require("extensions", "the telephones to follow, such as [\"201\", \"202\"]")
        }
        if driver.name == Driver.smdr.name, settings.format == nil {
            section.require("format", SMDRFormat.forms)
        }
        self.init(
            name: section.name, driver: driver, address: address,
            rules: Presence.Rules(zone: section.name, departure: .seconds(3)), settings: settings, secret: secret)
        (self.baud, self.framing, trust) = (baud, framing, section.trust(at: address))
    }

    /// The driver's settings with the secret read from where it is kept.
    func resolvedSettings() throws(SecretError) -> SessionSettings {
        var settings = settings
        if let secret { settings.secret = try Files.secret(secret) }
        return settings
    }
}

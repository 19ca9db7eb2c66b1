import Drivers
import Ports

/// What a configuration from the centre may do at this agent. Who writes it may be a stranger: it shows no secret to
/// another address, and reaches no host and opens no port or file that this machine's own file does not allow.
/// A value: two configurations go in, the one to work with or a sentence with device and remedy comes out.
struct ManagedPolicy: Sendable {
    var own: AgentConfiguration

    /// Who this agent is, where its buffer lies, how large that is, what the centre may do, whom its page is shown to: those
    /// stay the own file's, and so does the broker.
    func effective(_ managed: AgentConfiguration) -> AgentConfiguration {
        var configuration = managed
        configuration.agent = own.agent
        configuration.site = own.site
        configuration.state = own.state
        configuration.budget = own.budget
        configuration.downlink = own.downlink
        configuration.local = own.local
        configuration.update = own.update
        // What this machine's own file leaves alone stays alone.
        configuration.discovery.ignore += own.discovery.ignore.filter { !managed.discovery.ignore.contains($0) }
        if managed.discovery.only.isEmpty { configuration.discovery.only = own.discovery.only }
        if !own.downlink.mayMoveBroker { configuration.uplink = own.uplink }
        return configuration
    }

    /// Why it may not be used; nil: it may. Asked of the configuration as it came, before `effective`.
    func problem(with managed: AgentConfiguration) -> String? {
        if let problem = problem(with: managed.uplink) { return problem }
        let keyboards = own.usbIDs.union(Driver.hidKeyboard.hints.map { ManagedPolicy.id($0) })
        if let id = managed.discovery.keyboards.subtracting(keyboards).sorted().first {
            return "[discovery]: people may type on keyboard \(id); name it in the agent's own file first"
        }
        for device in managed.devices {
            if let problem = place(of: device, keyboards: keyboards) ?? secret(of: device) ?? words(of: device) {
                return "\(device.name): \(problem)"
            }
        }
        return nil
    }

    // MARK: the broker

    private func problem(with uplink: AgentConfiguration.Uplink) -> String? {
        let mine = own.uplink
        if own.downlink.mayMoveBroker {
            guard uplink.password == nil || uplink.password == mine.password else {
                return "[uplink]: the password stays the one of the agent's own file; write it as there"
            }
            return nil
        }
        let usual = AgentConfiguration.Uplink()
        let isSame = [
            (uplink.user, mine.user), (uplink.password, mine.password), (uplink.authority, mine.authority),
            (uplink.certificate, mine.certificate), (uplink.key, mine.key),
        ].allSatisfy { said, own in said == nil || said == own }
        guard isSame, uplink.broker == mine.broker || uplink.broker == usual.broker else {
            return "[uplink]: the broker stays the one of the agent's own file; leave it out, or write broker = true "
                + "under [downlink] there"
        }
        return nil
    }

    // MARK: a device

    private func place(of device: AgentConfiguration.Device, keyboards: Set<String>) -> String? {
        let isOwn = own.devices.contains { $0.address == device.address }
        switch device.address {
        case .process(let words):
            // Whoever can name a program runs it: that stays with whoever has this machine.
            return "exec:\(words.first ?? "") may only stand in the agent's own file"
        case .tcp(let host, _), .tls(let host, _):
            let isKnown = own.devices.contains { ManagedPolicy.host(of: $0.address) == host.lowercased() }
            guard isKnown || own.downlink.hosts.contains(host.lowercased()) else {
                return "\(device.address) is at a host that the agent's own file does not know; name \(host) there in "
                    + "hosts under [downlink]"
            }
        case .listen(let host, _):
            guard isOwn || own.downlink.hosts.contains(host.lowercased()) else {
                return "\(device.address) would open a port of this machine; write the device in the agent's own file, "
                    + "or name \(host) there in hosts under [downlink]"
            }
        case .serial(let path):
            guard isOwn || ManagedPolicy.isSerialLine(path) else {
                return "\(path) is not named as a serial line is; use /dev/serial/by-id/…, or write the device in the "
                    + "agent's own file"
            }
        case .pty(let path):
            guard isOwn else { return "pty:\(path) may only be opened where the agent's own file names it" }
        case .usb(let vendor, let product, _, _):
            let id = ManagedPolicy.id(vendor, product)
            guard device.driver?.name != Driver.hidKeyboard.name || keyboards.contains(id) else {
                return "people may type on keyboard \(id); name it in the agent's own file first"
            }
        case .pcsc: break
        }
        return nil
    }

    /// A secret is shown to the very peer for which this machine's owner wrote it down, in the same words.
    private func secret(of device: AgentConfiguration.Device) -> String? {
        let twin = own.devices.first {
            $0.name == device.name && $0.address == device.address && $0.driver?.name == device.driver?.name
        }
        // Whoever chose another authority could read it.
        if let mine = own.devices.first(where: { $0.address == device.address })?.trust ?? Optional(TLSTrust()),
            device.trust != mine
        {
            return "authority and pin for \(device.address) stay the agent's own file's; write them as there"
        }
        if let secret = device.secret, twin?.secret != secret {
            return "the agent's own file does not give \(secret) to a \(device.name) with this driver at "
                + "\(device.address); write the three together there"
        }
        // Without it anybody would be taken at their word.
        if device.secret == nil, own.devices.contains(where: { $0.address == device.address && $0.secret != nil }) {
            return "the agent's own file has a secret for \(device.address); name it here too"
        }
        return nil
    }

    /// What is written into an exchange's commands: with the own file's login, `channel` could have the exchange run a
    /// program, and `context` let everybody dial abroad.
    private func words(of device: AgentConfiguration.Device) -> String? {
        guard device.isTelephone else { return nil }
        let settings = device.settings
        if let twin = own.devices.first(where: { $0.address == device.address })?.settings,
            settings.user != twin.user || settings.context != twin.context || settings.channel != twin.channel
        {
            return "user, context and channel for \(device.address) stay the agent's own file's; write them as there"
        }
        let texts = [device.name, settings.context, settings.channel, settings.user ?? "", settings.number ?? ""]
        let isClean = (texts + settings.extensions).allSatisfy { text in
            text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
        return isClean ? nil : "there are control characters in its texts; write them without"
    }

    // MARK: names

    /// Where it connects to; nil for what is on this machine.
    private static func host(of address: PortAddress) -> String? {
        switch address {
        case .tcp(let host, _), .tls(let host, _): host.lowercased()
        default: nil
        }
    }

    private static func id(_ hint: Driver.Hint) -> String {
        switch hint {
        case .usb(let vendor, let product, _): id(vendor, product)
        }
    }

    /// `vvvv:pppp`, as in `AgentConfiguration.usbIDs`.
    private static func id(_ vendor: UInt16, _ product: UInt16) -> String {
        PortAddress.usb(vendor: vendor, product: product, serial: nil).description.dropFirst(4).lowercased()
    }

    /// As Linux names serial lines: `/dev/ttyUSB0`, `/dev/ttyACM0`, `/dev/ttyS1`, `/dev/rfcomm0`, or udev's links in
    /// `/dev/serial`. Disks, consoles (`/dev/tty1`) and ways out of `/dev` are not.
    static func isSerialLine(_ path: String) -> Bool {
        guard path.hasPrefix("/dev/") else { return false }
        let parts = path.dropFirst(5).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return false }
        if parts.count == 3, parts[0] == "serial" { return parts[1] == "by-id" || parts[1] == "by-path" }
        guard parts.count == 1 else { return false }
        var stem = parts[0]
        while let last = stem.utf8.last, (0x30...0x39).contains(last) { stem = stem.dropLast() }
        guard stem.utf8.count < parts[0].utf8.count else { return false }
        let kind = stem.dropFirst(3).utf8
        return stem == "rfcomm"
            || stem.hasPrefix("tty") && !kind.isEmpty
                && kind.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    }
}

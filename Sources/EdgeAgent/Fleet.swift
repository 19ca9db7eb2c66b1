import Drivers
import Glibc
import Logging
import Model
import Platform
import Ports

/// Every device of this agent: those of the configuration, and those that are plugged in and recognised.
///
/// A thread of its own looks when something is plugged in or out; each device has a pump with its own thread.
final class Fleet: Sendable {
    /// How often we look, for systems that do not tell (containers without udev).
    static let pause: Int64 = 2000
    /// A serial line's node appears some time after its device: looks again after these.
    static let afterwards: [Int64] = [150, 400, 1000]
    /// Devices at once; what is plugged in beyond it is left alone and said.
    static let limit = 64
    /// How long an unplugged device is shown as missing.
    static let absence: Duration = .seconds(24 * 3600)

    struct State {
        var configuration: AgentConfiguration
        var pumps: [DevicePump] = []
        /// Plugged in and not taken: what it is, and which driver it might be.
        var parked: [String: Parked] = [:]
        /// Keys that have a pump, with its name.
        var taken: [String: String] = [:]
        /// What was plugged in under those keys. While we hold one, the kernel may tell less of it, and a twin that
        /// arrives changes what it is called by.
        var attachments: [String: Attachment] = [:]
        /// Since when a device that has a pump is not plugged in.
        var absent: [String: Instant] = [:]
        /// Keys of what was plugged in at the last look.
        var present: Set<String> = []
        var stopping = false
        /// Pumps whose thread has not ended.
        var running: Set<ObjectIdentifier> = []
        var looks = 0
    }

    struct Parked {
        var attachment: Attachment
        var status: DeviceStatus
        var driver: Driver?
    }

    let memory: ClaimMemory
    let surroundings: DevicePump.Surroundings
    let state: Locked<State>
    let logger: Logger
    /// Commands whose end a former run did not see: exchanges are asked for it.
    private let recalled: [Command]
    let joined: @Sendable (String) -> Void
    let left: @Sendable (String) -> Void

    /// `joined` hears the name of each device that comes later, `left` of each that goes for good.
    init(
        configuration: AgentConfiguration, recalled: [Command] = [], surroundings: DevicePump.Surroundings,
        joined: @escaping @Sendable (String) -> Void, left: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.surroundings = surroundings
        self.recalled = recalled
        (self.joined, self.left) = (joined, left)
        logger = surroundings.logger
        let memory = ClaimMemory(path: "\(configuration.state)/devices.json")
        self.memory = memory
        let pumps = configuration.devices.map { device in
            Fleet.pump(device, key: device.address.description, memory, surroundings)
        }
        state = Locked(State(configuration: configuration, pumps: pumps))
    }

    var configuration: AgentConfiguration { state.with { $0.configuration } }

    /// Of a device of the configuration.
    func pump(_ device: AgentConfiguration.Device) -> DevicePump {
        Fleet.pump(device, key: device.address.description, memory, surroundings)
    }

    var suspects: UInt64 { surroundings.presence.with { $0.suspects } }
    var pumps: [DevicePump] { state.with { $0.pumps } }

    /// Devices with a pump, then those that wait for a word.
    var statuses: [DeviceStatus] {
        let (pumps, parked) = state.with { ($0.pumps, $0.parked) }
        return pumps.map(\.now) + parked.values.map(\.status).sorted { $0.name < $1.name }
    }

    static func pump(
        _ wanted: AgentConfiguration.Device, key: String, mayAsk: Bool = true, _ memory: ClaimMemory,
        _ surroundings: DevicePump.Surroundings
    ) -> DevicePump {
        let name = wanted.name
        let known = memory.claim(of: key).map { (driver: $0.driver, baud: $0.baud) }
        // What cannot be recognised was accepted by somebody: that stands until somebody accepts another.
        var accepted: Driver?
        if wanted.driver == nil, let driver = known.flatMap({ Driver.named($0.driver) }), driver.recognise == nil,
            wanted.address.fits(driver.line)
        {
            accepted = driver
        }
        let hint = Claims.Hint(
            remembered: known, scores: wanted.attachment?.scores ?? [:], speed: wanted.claimSpeed, mayAsk: mayAsk)
        return DevicePump(device: wanted, hint: hint, accepted: accepted, in: surroundings) {
            if case .claimed(let driver, let baud, _, _) = $0 {
                memory.remember(ClaimMemory.Claim(name: name, driver: driver, baud: baud), for: key)
            }
        }
    }

    // MARK: looking

    /// Until `stop`; every device has said goodbye when it returns, unless it takes longer than anybody waits.
    func run() {
        for pump in pumps { start(pump, recalled: pump.device.isTelephone ? recalled : []) }
        watch()
        _ = state.wait(timeout: 3 * Fleet.goodbye) { $0.running.isEmpty ? true : nil }
    }

    private func watch() {
        _ = Hotplug.watch { [state] in state.change { $0.looks += 1 } }
        var told = false
        while true {
            let seen = state.with { $0.looks }
            look()
            if told { for pause in Fleet.afterwards where wait(pause, since: seen) == .quiet { look() } }
            told = false
            switch wait(Fleet.pause, since: seen) {
            case .stop: return
            case .event:
                // Somebody who was missing may be back.
                told = true
                for pump in pumps { pump.post(.retry) }
            case .quiet: break
            }
        }
    }

    private enum Waited { case stop, event, quiet }

    private func wait(_ milliseconds: Int64, since looks: Int) -> Waited {
        state.wait(timeout: milliseconds) { state -> Waited? in
            state.stopping ? .stop : state.looks != looks ? .event : nil
        } ?? .quiet
    }

    func stop() {
        let pumps = state.change { state -> [DevicePump] in
            state.stopping = true
            return state.pumps
        }
        for pump in pumps { pump.post(.stop) }
    }

    private func look() {
        let present = Attachment.present()
        let keys = Set(present.map(\.key))
        let back = state.change { state -> Bool in
            defer { state.present = keys }
            for (key, _) in state.taken {
                let isThere =
                    keys.contains(key) || present.contains { state.attachments[key]?.isSamePlug(as: $0) ?? false }
                state.absent[key] = isThere ? nil : state.absent[key] ?? Clocks.now
            }
            return !keys.subtracting(state.present).isEmpty
        }
        retire()
        let configuration = configuration
        guard configuration.discovery.isEnabled else {
            if back { for pump in pumps { pump.post(.retry) } }
            return
        }
        if back { for pump in pumps { pump.post(.retry) } }
        let fresh = state.change { state -> [Attachment] in
            state.parked = state.parked.filter { keys.contains($0.key) }
            let held = state.attachments.filter { state.absent[$0.key] == nil }.values
            return present.filter { found in
                state.taken[found.key] == nil && state.parked[found.key] == nil
                    && !isConfigured(found, in: configuration)
                    && !configuration.discovery.isIgnored(found, node: Fleet.resolved)
                    && !held.contains { $0.isSamePlug(as: found) }
            }
        }
        for attachment in fresh { consider(attachment) }
    }

    /// A device that has been away for long is forgotten here, not in the memory: it comes back under its name.
    private func retire() {
        let gone = state.change { state -> [DevicePump] in
            let old = state.absent.filter { Clocks.now - $0.value > Fleet.absence }.keys
            let names = Set(old.compactMap { state.taken[$0] })
            for key in old { (state.taken[key], state.absent[key], state.attachments[key]) = (nil, nil, nil) }
            let gone = state.pumps.filter { names.contains($0.device.name) }
            state.pumps.removeAll { names.contains($0.device.name) }
            return gone
        }
        for pump in gone { pump.post(.stop) }
    }

    /// Somebody wrote down this very device.
    func isConfigured(_ attachment: Attachment, in configuration: AgentConfiguration) -> Bool {
        configuration.devices.contains { device in
            switch (device.address, attachment.address) {
            case (.serial(let a), .serial(let b)): a == b || Fleet.resolved(a) == Fleet.resolved(b)
            case (.usb(let vendor, let product, let serial, let place), .usb):
                vendor == attachment.vendor && product == attachment.product
                    && (serial == nil || serial == attachment.serial) && (place == nil || place == attachment.place)
            case (.pcsc, .usb): attachment.kind == .ccid
            default: false
            }
        }
    }

    static func resolved(_ path: String) -> String? {
        guard let raw = realpath(path, nil) else { return nil }
        defer { free(raw) }
        return String(cString: raw)
    }
}

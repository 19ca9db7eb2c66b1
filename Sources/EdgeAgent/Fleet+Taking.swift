import Drivers
import Logging
import Model
import Platform
import Ports

/// What becomes of something that was plugged in and that nobody has named: taken, or left until somebody says so.
extension Fleet {
    func consider(_ attachment: Attachment) {
        let remembered = memory.claim(of: attachment.key).flatMap { Driver.named($0.driver) }
        switch attachment.kind {
        case .serial: take(attachment, driver: nil)
        case .hid(let pages):
            if let remembered {
                take(attachment, driver: remembered)
            } else if pages.isEmpty {
                // Nobody's: neither a keyboard nor a scanner as far as anybody can tell.
                return
            } else if pages.contains(0x8C) {
                take(attachment, driver: .hidPOS)
            } else if isScanner(attachment) {
                take(attachment, driver: .hidKeyboard)
            } else {
                park(attachment)
            }
        case .ccid:
            if let remembered {
                take(attachment, driver: remembered)
            } else if attachment.scores["pcsc"] ?? 0 >= Claims.offered {
                take(attachment, driver: .pcsc)
            } else {
                park(
                    attachment, state: "likely", driver: .pcsc,
                    reason: "a chip-card reader; where it reads contactless cards: ")
            }
        }
    }

    /// On the allow list: its USB id is a scanner's own, or the site says so.
    private func isScanner(_ attachment: Attachment) -> Bool {
        let id = [attachment.vendor, attachment.product].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 4 - text.count) + text
        }.joined(separator: ":")
        return configuration.discovery.keyboards.contains(id)
            || Driver.hidKeyboard.hints.contains(
                .usb(vendor: attachment.vendor, product: attachment.product, shared: false))
    }

    /// A keyboard is never taken by itself: it may be a technician's.
    private func park(_ attachment: Attachment) {
        if attachment.scores["hid-keyboard"] ?? 0 >= Claims.offered {
            park(
                attachment, state: "likely", driver: .hidKeyboard,
                reason: "a keyboard that calls itself a scanner; it still types into windows: ")
        } else {
            park(
                attachment, state: "unknown", driver: .hidKeyboard,
                reason: "a keyboard, left alone; if it is a scanner: ")
        }
    }

    private func park(_ attachment: Attachment, state: String, driver: Driver, reason: String) {
        let name = freeName(attachment)
        let status = DeviceStatus(
            name: name, driver: driver.name, title: attachment.title, kind: driver.kind.rawValue,
            port: attachment.address.description, zone: configuration.discovery.zone ?? name, state: state,
            reason: "\(reason)edge-agent devices --accept \(name)", since: Clocks.wall)
        self.state.change { $0.parked[attachment.key] = Parked(attachment: attachment, status: status, driver: driver) }
        logger.notice("device waits", metadata: ["device": "\(name)", "title": "\(attachment.title)"])
        surroundings.changed()
    }

    /// Says what keeps it from being taken, or nothing.
    @discardableResult
    private func take(_ attachment: Attachment, driver: Driver?) -> String? {
        guard pumps.count < Fleet.limit else {
            park(
                attachment, state: "unknown", driver: driver ?? .barcode, reason: "\(Fleet.limit) devices are enough: ")
            return "there are \(Fleet.limit) devices already"
        }
        let name = memory.claim(of: attachment.key)?.name ?? freeName(attachment)
        var settings = SessionSettings(name: name, region: configuration.country?.regions.first)
        settings.country = configuration.country?.code
        settings.beeps = true
        let rules = Presence.Rules(
            zone: configuration.discovery.zone ?? name, departure: driver?.departure ?? .seconds(3))
        // pcscd keeps the reader for itself where it runs.
        let address = attachment.kind == .ccid ? cardReader() ?? attachment.address : attachment.address
        var device = AgentConfiguration.Device(
            name: name, driver: driver, address: address, rules: rules, settings: settings)
        device.title = attachment.title
        device.attachment = attachment
        let mayAsk =
            attachment.mayBeReader || configuration.discovery.isNamed(attachment, node: Fleet.resolved)
        let pump = Fleet.pump(device, key: attachment.key, mayAsk: mayAsk, memory, surroundings)
        let isWanted = state.change { state -> Bool in
            guard !state.stopping, state.taken[attachment.key] == nil else { return false }
            state.pumps.append(pump)
            state.taken[attachment.key] = name
            state.attachments[attachment.key] = attachment
            state.parked[attachment.key] = nil
            return true
        }
        guard isWanted else { return "it is taken already" }
        if let driver { memory.remember(.init(name: name, driver: driver.name, baud: nil), for: attachment.key) }
        logger.notice("device found", metadata: ["device": "\(name)", "title": "\(attachment.title)"])
        joined(name)
        start(pump)
        surroundings.changed()
        return nil
    }

    /// The first reader of pcscd that no other device has; nil where pcscd does not run.
    private func cardReader() -> PortAddress? {
        let used = pumps.compactMap { pump in
            if case .pcsc(let name) = pump.device.address { name } else { nil }
        }
        return PCSCPort.present().first { !used.contains($0) }.map { .pcsc(name: $0) }
    }

    private func freeName(_ attachment: Attachment) -> String {
        let used = Set(statuses.map(\.name))
        var name = attachment.name
        var number = 2
        while used.contains(name) {
            name = "\(attachment.name.prefix(29))-\(number)"
            number += 1
        }
        return name
    }

    // MARK: accepting

    /// Somebody says which driver a device is; nil takes the one it looks like. Returns what is wrong, or nothing.
    func accept(_ name: String, driver wanted: String?) -> String? {
        if let wanted, Driver.named(wanted) == nil {
            return "there is no driver \"\(wanted)\"; there are: \(Driver.catalog.map(\.name).joined(separator: ", "))"
        }
        let parked = state.with { $0.parked.first { $0.value.status.name == name } }
        if let parked {
            guard let driver = wanted.flatMap(Driver.named) ?? parked.value.driver else { return "name a driver" }
            guard parked.value.attachment.address.fits(driver.line) else {
                return "\(driver.name) does not speak over \(parked.value.attachment.address)"
            }
            return take(parked.value.attachment, driver: driver)
        }
        guard let pump = pumps.first(where: { $0.device.name == name }) else {
            return "there is no device \"\(name)\"; there are: \(statuses.map(\.name).joined(separator: ", "))"
        }
        let status = pump.now
        guard pump.device.driver == nil else { return "\(name) has its driver from the configuration" }
        guard let driver = Driver.named(wanted ?? status.driver) else {
            return "\(name) looks like nothing known: add --driver NAME"
        }
        guard pump.device.address.fits(driver.line) else {
            return "\(driver.name) does not speak over \(pump.device.address)"
        }
        let key = state.with { $0.taken.first { $0.value == name }?.key } ?? pump.device.address.description
        let baud: Int? = if case .serial(let baud) = driver.line { baud } else { nil }
        memory.remember(ClaimMemory.Claim(name: name, driver: driver.name, baud: baud), for: key)
        pump.post(.accept(driver: driver, baud: baud))
        return nil
    }
}

import Drivers
import Model
import Ports
import Settings

extension AgentConfiguration {
    /// What happens with readers that are plugged in and stand nowhere in the file.
    struct Discovery: Sendable {
        var isEnabled = true
        /// Where they stand; nil gives each a zone of its own name.
        var zone: String?
        /// USB ids of keyboards that are scanners, as `vvvv:pppp`.
        var keyboards: Set<String> = []
        /// Left alone: not opened, not shown.
        var ignore: [Selector] = []
        /// Where it names any, nothing else is looked at, and what it names is asked on whatever bridge it is.
        var only: [Selector] = []

        func isIgnored(_ attachment: Attachment, node: (String) -> String?) -> Bool {
            ignore.contains { $0.matches(attachment, node: node) }
                || !only.isEmpty && !isNamed(attachment, node: node)
        }

        func isNamed(_ attachment: Attachment, node: (String) -> String?) -> Bool {
            only.contains { $0.matches(attachment, node: node) }
        }
    }

    /// Which plugged-in devices are meant.
    enum Selector: Hashable, Sendable {
        /// `vvvv:pppp` in lower case.
        case usb(String)
        case serial(String)
        /// A node or a link to one, such as `/dev/serial/by-path/…`.
        case path(String)

        /// `usb:VVVV:PPPP` or `VVVV:PPPP`, a path, or a serial number of at least four signs.
        init?(_ text: String) {
            if text.hasPrefix("/") {
                guard text.hasPrefix("/dev/"), text.utf8.count > 5 else { return nil }
                self = .path(text)
                return
            }
            let id = text.lowercased().hasPrefix("usb:") ? String(text.dropFirst(4)) : text
            let parts = id.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count > 1 {
                guard Selector.isUSBID(parts) else { return nil }
                self = .usb(id.lowercased())
                return
            }
            guard text.count >= 4, text.utf8.count <= 126, !text.contains(where: \.isWhitespace) else { return nil }
            self = .serial(text)
        }

        /// Twice four hex digits; a sign is none.
        static func isUSBID(_ parts: [Substring]) -> Bool {
            parts.count == 2 && parts.allSatisfy { $0.utf8.count == 4 && $0.utf8.allSatisfy { Hex.digit($0) != nil } }
        }

        static let forms = "USB ids such as \"1a86:7523\", serial numbers and paths such as \"/dev/serial/by-id/…\""

        /// `node` resolves a link.
        func matches(_ attachment: Attachment, node: (String) -> String?) -> Bool {
            switch self {
            case .usb(let id): id == attachment.usbID
            case .serial(let serial): serial == attachment.serial
            case .path(let path):
                if case .serial(let device) = attachment.address {
                    path == device || node(path).map { $0 == node(device) } ?? false
                } else {
                    false
                }
            }
        }
    }
}

extension AgentConfiguration.Discovery {
    init(_ section: Section) {
        isEnabled = section.boolean("enabled") ?? true
        zone = section.string("zone")
        for id in section.strings("keyboards") ?? [] {
            if AgentConfiguration.Selector.isUSBID(id.split(separator: ":", omittingEmptySubsequences: false)) {
                keyboards.insert(id.lowercased())
            } else {
                section.reject("keyboards", "lists USB ids such as \"05e0:1200\", not \"\(id)\"")
            }
        }
        ignore = section.selectors("ignore")
        only = section.selectors("only")
        if let both = only.first(where: { ignore.contains($0) }) {
            section.reject("only", "and \"ignore\" both name \(both.text): one of them is meant")
        }
    }
}

extension AgentConfiguration.Selector {
    var text: String {
        switch self {
        case .usb(let text), .serial(let text), .path(let text): text
        }
    }
}

extension Section {
    fileprivate func selectors(_ key: String) -> [AgentConfiguration.Selector] {
        (strings(key) ?? []).compactMap { text in
            let selector = AgentConfiguration.Selector(text)
            if selector == nil {
                reject(key, "lists \(AgentConfiguration.Selector.forms), not \"\(text)\"")
            }
            return selector
        }
    }

    /// Speed and framing of a serial line.
    func serialLine(at address: PortAddress?) -> (baud: Int?, framing: SerialFraming) {
        let baud = integer("baud", in: 300...3_000_000).map(Int.init)
        var framing = SerialFraming()
        framing.dataBits = integer("data-bits", in: 7...8).map(Int.init) ?? 8
        framing.stopBits = integer("stop-bits", in: 1...2).map(Int.init) ?? 1
        framing.parity =
            string("parity", among: SerialFraming.Parity.allCases.map(\.rawValue)).flatMap(SerialFraming.Parity.init)
            ?? .none
        switch address {
        case .serial?, .pty?, nil: break
        default:
            for key in ["baud", "data-bits", "stop-bits", "parity"] where has(key) {
                reject(key, "is a serial line's; a serial server keeps its line's settings itself")
            }
        }
        return (baud, framing)
    }

    /// Memory that is read of each tag: a text or a list of them.
    func memory(_ driver: Driver?) -> [MemoryRead] {
        guard has("memory") else { return [] }
        let texts = isText("memory") ? string("memory").map { [$0] } ?? [] : strings("memory") ?? []
        let reads = texts.compactMap { text in
            let read = MemoryRead(text)
            if read == nil { reject("memory", "lists \(MemoryRead.forms), not \"\(text)\"") }
            return read
        }
        if Set(reads.map(\.bank)).count < reads.count { reject("memory", "names a bank twice") }
        let names = [Driver.llrp.name, Driver.impinjIoT.name]
        if let driver, !names.contains(driver.name) {
            reject("memory", "is read by \(names.joined(separator: " and ")), not by \(driver.name)")
        } else if driver?.name == Driver.impinjIoT.name, !has("power-dbm") {
            reject("memory", "needs \"power-dbm\" here: without it the reader's own preset is started as it is")
        }
        return reads
    }

    /// Where radio is transmitted.
    func country() -> Country? {
        guard let code = string("country") else { return nil }
        let country = Country(code: code)
        if country == nil { reject("country", "must be one of \(Country.codes), in capitals") }
        return country
    }

    /// The reader's radio region: what is asked for, where the country allows it; else the country's own. Nil where nobody
    /// has chosen: then none is set.
    func region(_ country: Country?) -> Region? {
        guard let name = string("region", among: Region.allCases.map(\.rawValue)), let region = Region(rawValue: name)
        else { return country?.regions.first }
        if let country, region != .own, !country.regions.contains(region) {
            let allowed = country.regions.map(\.rawValue).joined(separator: ", ")
            reject("region", "\(name) may not be transmitted in \(country.code), where \(allowed) is lawful")
        }
        return region
    }
}

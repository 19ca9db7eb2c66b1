import Drivers
import Glibc
import Platform

/// Something plugged in that could be a reader: a serial line behind USB, or a USB interface of a kind readers have.
public struct Attachment: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        case serial
        /// The pages its report descriptor speaks of; a boot keyboard has page 7.
        case hid(pages: Set<UInt16>)
        case ccid
    }

    public var kind: Kind
    public var vendor: UInt16
    public var product: UInt16
    public var serial: String?
    /// The socket, such as `1-2.3`.
    public var place: String
    /// Number of the interface, where a device has several.
    public var interface: Int
    /// What the device calls itself.
    public var title: String
    /// Where to open it.
    public var address: PortAddress

    /// What it is remembered by: its serial number where it has one, so that it keeps its name in another socket, else
    /// the socket.
    public var key: String {
        let id = USBAddress.text(vendor, product)
        return "\(id):\(serial ?? "@" + place)" + (interface > 0 ? ":\(interface)" : "")
    }

    /// The same thing in the same socket, whatever it is called by now. A HID device is one, however many interfaces.
    public func isSamePlug(as other: Attachment) -> Bool {
        place == other.place && vendor == other.vendor && product == other.product
            && (interface == other.interface || isHID && other.isHID)
    }

    /// A name in the alphabet of devices, made of what tells it apart.
    public var name: String {
        let text = "usb-\(serial ?? place)" + (interface > 0 ? "-\(interface)" : "")
        return String(
            text.lowercased().prefix(32).map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    }

    /// `vvvv:pppp` in lower case.
    public var usbID: String { String(USBAddress.text(vendor, product).dropFirst(4)).lowercased() }

    /// A serial line that may be asked who is there: a bridge that readers are built with, or one that calls itself a reader.
    /// Any other may be a modem, a UPS or a printer, and is only listened to.
    public var mayBeReader: Bool {
        let says = title.lowercased()
        return Driver.bridges.contains(usbID) || scores.contains { Driver.named($0.key)?.probes.isEmpty == false }
            || ["reader", "rfid"].contains(where: says.contains)
    }

    /// Points for each driver before a byte is exchanged (`Claims.Hint`).
    public var scores: [String: Int] {
        var scores: [String: Int] = [:]
        let says = title.lowercased()
        for driver in Driver.catalog {
            var points = 0
            for case .usb(vendor, product, let shared) in driver.hints { points = max(points, shared ? 10 : 50) }
            if driver.kind == .scanner, ["scanner", "barcode", "imager"].contains(where: says.contains) {
                points += 50
            }
            if points > 0 { scores[driver.name] = points }
        }
        return scores
    }
}

extension Attachment {
    /// What is plugged in now, by the kernel's own account. `system` is where sysfs is mounted.
    public static func present(system: String = "/sys") -> [Attachment] {
        let all = single(serialLines(system) + interfaces(system))
        return all.sorted { ($0.place, $0.interface) < ($1.place, $1.interface) }
    }

    /// Makers who give all their devices one serial number give none: then the socket tells. A scanner with two keyboard
    /// interfaces is one scanner.
    private static func single(_ all: [Attachment]) -> [Attachment] {
        var out: [Attachment] = []
        for var found in all {
            let isShared = all.contains {
                $0.place != found.place && $0.vendor == found.vendor && $0.product == found.product
                    && $0.serial == found.serial
            }
            if isShared, found.serial != nil {
                found.serial = nil
                if found.kind != .serial { found.address = usb(found) }
            }
            if case .hid(let pages) = found.kind,
                let index = out.firstIndex(where: { $0.place == found.place && $0.isHID })
            {
                if pages.contains(0x8C) { out[index] = found }
                continue
            }
            out.append(found)
        }
        return out
    }

    private var isHID: Bool { if case .hid = kind { true } else { false } }

    private static func serialLines(_ system: String) -> [Attachment] {
        Folder.names("\(system)/class/tty").compactMap { name in
            guard name.hasPrefix("ttyUSB") || name.hasPrefix("ttyACM"),
                let device = Folder.resolved("\(system)/class/tty/\(name)/device")
            else { return nil }
            return attachment(.serial, of: device) { _ in .serial(path: "/dev/\(name)") }
        }
    }

    private static func interfaces(_ system: String) -> [Attachment] {
        Folder.names("\(system)/bus/usb/devices").compactMap { name in
            guard name.contains(":"), let folder = Folder.resolved("\(system)/bus/usb/devices/\(name)") else {
                return nil
            }
            switch Folder.hex("\(folder)/bInterfaceClass") {
            case 0x03:
                var pages: Set<UInt16> = []
                for hid in Folder.names(folder) {
                    if let bytes = try? Files.read("\(folder)/\(hid)/report_descriptor", limit: 4096) {
                        pages.formUnion(HIDPages.of(bytes))
                    }
                }
                if pages.isEmpty, Folder.hex("\(folder)/bInterfaceProtocol") == 1 { pages = [7] }
                // Without the kernel's driver there is no descriptor: one that we hold, or had before a crash, is
                // recognised by its name alone.
                let driver = Folder.resolved("\(folder)/driver")
                let isLeft = pages.isEmpty && (driver == nil || driver?.hasSuffix("/usbfs") == true)
                guard pages.contains(7) || pages.contains(0x8C) || isLeft else { return nil }
                return attachment(.hid(pages: pages), of: folder, address: usb)
            case 0x0B: return attachment(.ccid, of: folder, address: usb)
            default: return nil
            }
        }
    }

    private static func usb(_ found: Attachment) -> PortAddress {
        .usb(
            vendor: found.vendor, product: found.product, serial: found.serial,
            place: found.serial == nil ? found.place : nil)
    }

    /// The interface folder, such as `1-2.3:1.0`, is this one or stands above it; its parent is the device. Both may go
    /// while we look: then there is nothing.
    private static func attachment(
        _ kind: Kind, of folder: String, address: (Attachment) -> PortAddress
    ) -> Attachment? {
        var parts = folder.split(separator: "/")
        while let last = parts.last, !last.contains(":") || last.contains("usb") || !(last.first?.isNumber ?? false) {
            parts.removeLast()
        }
        guard let name = parts.last, parts.count > 1 else { return nil }
        let (inside, device) = ("/" + parts.joined(separator: "/"), "/" + parts.dropLast().joined(separator: "/"))
        guard name.hasPrefix("\(parts[parts.count - 2]):"), let interface = Folder.hex("\(inside)/bInterfaceNumber"),
            let vendor = Folder.hex("\(device)/idVendor"), let product = Folder.hex("\(device)/idProduct")
        else { return nil }
        let title = [Folder.text("\(device)/manufacturer"), Folder.text("\(device)/product")].compactMap(\.self)
        var found = Attachment(
            kind: kind, vendor: vendor, product: product, serial: Folder.text("\(device)/serial"),
            place: String(parts[parts.count - 2]), interface: Int(interface), title: title.joined(separator: " "),
            address: .serial(path: ""))
        found.address = address(found)
        return found
    }
}

/// A USB device by the kernel's own account.
struct USBDevice {
    var vendor: UInt16
    var product: UInt16
    var serial: String?
    var place: String
    /// Its file under /dev.
    var node: String

    static func present(system: String = "/sys") -> [USBDevice] {
        Folder.names("\(system)/bus/usb/devices").compactMap { name in
            let folder = "\(system)/bus/usb/devices/\(name)"
            guard !name.contains(":"), let vendor = Folder.hex("\(folder)/idVendor"),
                let product = Folder.hex("\(folder)/idProduct"), let bus = Folder.number("\(folder)/busnum"),
                let number = Folder.number("\(folder)/devnum")
            else { return nil }
            return USBDevice(
                vendor: vendor, product: product, serial: Folder.text("\(folder)/serial"), place: name,
                node: "/dev/bus/usb/\(three(bus))/\(three(number))")
        }
    }

    private static func three(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 3 - String(number).count)) + String(number)
    }
}

/// Small reads of sysfs; nil for what is not there.
private enum Folder {
    static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    static func resolved(_ path: String) -> String? {
        guard let raw = realpath(path, nil) else { return nil }
        defer { free(raw) }
        return String(cString: raw)
    }

    static func text(_ path: String) -> String? {
        guard let bytes = try? Files.read(path, limit: 256) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        return text.isEmpty ? nil : text
    }

    static func number(_ path: String) -> Int? { text(path).flatMap { Int($0) } }
    static func hex(_ path: String) -> UInt16? { text(path).flatMap { UInt16($0, radix: 16) } }
}

/// Tells when something is plugged in or out.
public enum Hotplug {
    /// Calls `body` on another thread; false where the system cannot tell and somebody has to look now and then.
    public static func watch(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard let context = try? USBContext.get() else { return false }
        return context.watch(body)
    }
}

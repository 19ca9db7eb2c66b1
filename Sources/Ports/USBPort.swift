internal import CLibUSB
import Drivers
import Glibc
import Platform

/// One interface of a USB device, claimed for us alone: its input endpoint's packets in order, and its output endpoint.
///
/// The kernel's driver is detached while the port is open and attached again when it closes, so that a scanner's
/// keystrokes reach us and no window, and a keyboard that was taken by mistake comes back.
public final class USBPort: Port, @unchecked Sendable {
    // `handle` and the numbers are set in `init`; what is shared with the USB thread is in `traffic`, under its lock.

    /// What to claim.
    public enum Use: Equatable, Sendable {
        case keyboard, pointOfSale, ccid
    }

    /// Packets kept for a reader that is slower than its device; beyond it the device waits (it is not asked for more).
    static let inboxLimit = 1024
    /// Transfers under way at once, so that a report never meets a device that is not being asked.
    static let depth = 4
    static let patience: UInt32 = 500

    private struct Inbox {
        var packets: [[UInt8]] = []
        var error: PortError?
        var idle: [UnsafeMutablePointer<libusb_transfer>] = []
        var running = 0
        var closing = false
    }

    /// What the USB thread holds of a port. Not the port itself: the thread would close it where it lets go of it last,
    /// and libusb closes nothing on the thread that handles its events.
    private final class Traffic: Sendable {
        let wake = Wakeup()
        let inbox = Locked(Inbox())
        let label: String

        init(label: String) { self.label = label }

        func submit(_ transfer: UnsafeMutablePointer<libusb_transfer>) {
            if inbox.change({ start(transfer, &$0) }) { wake.signal() }
        }

        /// Under the lock, so that closing either sees it running or keeps it from being started; true when it failed.
        private func start(_ transfer: UnsafeMutablePointer<libusb_transfer>, _ box: inout Inbox) -> Bool {
            guard !box.closing else { return false }
            let code = libusb_submit_transfer(transfer)
            if code == 0 {
                box.running += 1
                return false
            }
            box.error = box.error ?? USBPort.lost(label, code)
            return true
        }

        /// On the USB thread.
        func completed(_ transfer: UnsafeMutablePointer<libusb_transfer>) {
            inbox.change { box in
                box.running -= 1
                switch transfer.pointee.status {
                case LIBUSB_TRANSFER_COMPLETED:
                    let count = Int(transfer.pointee.actual_length)
                    if count > 0 {
                        box.packets.append(Array(UnsafeBufferPointer(start: transfer.pointee.buffer, count: count)))
                    }
                case LIBUSB_TRANSFER_CANCELLED: return
                case LIBUSB_TRANSFER_NO_DEVICE: box.error = .gone("\(label) was unplugged")
                case LIBUSB_TRANSFER_STALL: box.error = .gone("\(label) stalled its endpoint")
                case LIBUSB_TRANSFER_OVERFLOW: box.error = .gone("\(label) sent more than its endpoint's size")
                default: box.error = .gone("\(label) failed on the bus; a bad cable or hub does this")
                }
                guard box.error == nil, !box.closing else { return }
                if box.packets.count >= USBPort.inboxLimit {
                    box.idle.append(transfer)
                } else {
                    _ = start(transfer, &box)
                }
            }
            wake.signal()
        }
    }

    private struct Choice {
        var interface: UInt8 = 0
        var input: (address: UInt8, size: Int, isBulk: Bool)?
        /// A CCID reader's interrupt endpoint beside its bulk pair.
        var second: (address: UInt8, size: Int, isBulk: Bool)?
        var output: (address: UInt8, size: Int, isBulk: Bool)?
        var isBoot = false
        var reportSize = 0
    }

    private let handle: OpaquePointer
    /// The device's node, which libusb uses and leaves to us.
    private let node: Int32
    private let choice: Choice
    private let isHID: Bool
    private let traffic: Traffic
    public let reportDescriptor: [UInt8]?

    private var inbox: Locked<Inbox> { traffic.inbox }
    private var label: String { traffic.label }
    public var descriptor: Int32 { traffic.wake.descriptor }

    /// `place` is the socket, such as `1-2.3`; nil takes any. Throws what a technician can act on.
    public init(vendor: UInt16, product: UInt16, serial: String?, place: String? = nil, use: Use) throws(PortError) {
        let name = USBAddress.text(vendor, product)
        let context = try USBContext.get()
        let (handle, node, choice) = try USBPort.find(context, vendor, product, serial, place, use, name)
        self.handle = handle
        self.node = node
        self.choice = choice
        traffic = Traffic(label: name)
        let number = Int32(choice.interface)
        // 1 attached, 0 not, NOT_SUPPORTED where there is nothing to detach.
        isHID = use != .ccid
        let wasAttached =
            libusb_kernel_driver_active(handle, number) == 1 && libusb_detach_kernel_driver(handle, number) == 0
        let code = libusb_claim_interface(handle, number)
        guard code == 0 else {
            if wasAttached { libusb_attach_kernel_driver(handle, number) }
            libusb_close(handle)
            close(node)
            throw code == LIBUSB_ERROR_BUSY.rawValue
                ? .failed("\(name) is held by another program")
                : .failed("\(name) cannot be claimed: \(USBContext.text(code))")
        }
        var description: [UInt8]?
        if use != .ccid {
            description = USBPort.reportDescriptor(handle, choice)
            // SET_PROTOCOL 0: boot reports of a known shape. SET_IDLE 0: a report only when something changes.
            let isBoot =
                use == .keyboard && choice.isBoot
                && libusb_control_transfer(handle, 0x21, 0x0B, 0, UInt16(choice.interface), nil, 0, USBPort.patience)
                    == 0
            libusb_control_transfer(handle, 0x21, 0x0A, 0, UInt16(choice.interface), nil, 0, USBPort.patience)
            if isBoot { description = nil }
        }
        reportDescriptor = description
        for endpoint in [choice.input, choice.second].compactMap(\.self) { begin(endpoint) }
    }

    deinit {
        // Every transfer has to come back before its buffer may go.
        let transfers = inbox.change { box in
            box.closing = true
            return box.running
        }
        if transfers > 0 {
            for transfer in all { libusb_cancel_transfer(transfer) }
            _ = inbox.wait(timeout: 2000) { $0.running == 0 ? true : nil }
        }
        if inbox.with({ $0.running }) == 0 {
            for transfer in all {
                transfer.pointee.buffer.deallocate()
                libusb_free_transfer(transfer)
            }
        } else {
            // One that never came back still belongs to the kernel: it is left to it, with what it reports to.
            _ = Unmanaged.passRetained(traffic)
        }
        libusb_release_interface(handle, Int32(choice.interface))
        // Also where a run before us was killed and left it detached.
        if isHID { libusb_attach_kernel_driver(handle, Int32(choice.interface)) }
        libusb_close(handle)
        close(node)
    }

    // Filled in `init` and read in `deinit` alone.
    private var all: [UnsafeMutablePointer<libusb_transfer>] = []

    // MARK: reading and writing

    public func read() throws(PortError) -> [UInt8] {
        let taken = inbox.change {
            box -> (packet: [UInt8]?, error: PortError?, resume: [UnsafeMutablePointer<libusb_transfer>]) in
            let packet = box.packets.isEmpty ? nil : box.packets.removeFirst()
            if box.packets.isEmpty, box.error == nil { traffic.wake.drain() }
            let resume = box.packets.count < USBPort.inboxLimit / 2 ? box.idle : []
            if !resume.isEmpty { box.idle = [] }
            return (packet, packet == nil ? box.error : nil, resume)
        }
        for transfer in taken.resume { traffic.submit(transfer) }
        if let packet = taken.packet { return packet }
        if let error = taken.error { throw error }
        return []
    }

    public func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int {
        guard let output = choice.output else { return bytes.count }
        var data = Array(bytes)
        var count: Int32 = 0
        // A device that does not take it within half a second is stuck; the pump must not be.
        let code =
            output.isBulk
            ? libusb_bulk_transfer(handle, output.address, &data, Int32(data.count), &count, USBPort.patience)
            : libusb_interrupt_transfer(handle, output.address, &data, Int32(data.count), &count, USBPort.patience)
        guard code == 0 || code == LIBUSB_ERROR_TIMEOUT.rawValue else { throw USBPort.lost(label, code) }
        return Int(count)
    }

    private func begin(_ endpoint: (address: UInt8, size: Int, isBulk: Bool)) {
        for _ in 0..<USBPort.depth {
            guard let transfer = libusb_alloc_transfer(0) else { continue }
            let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: endpoint.size)
            let user = Unmanaged.passUnretained(traffic).toOpaque()
            let fill = endpoint.isBulk ? libusb_fill_bulk_transfer : libusb_fill_interrupt_transfer
            fill(
                transfer, handle, endpoint.address, buffer, Int32(endpoint.size),
                { Unmanaged<Traffic>.fromOpaque($0!.pointee.user_data).takeUnretainedValue().completed($0!) }, user, 0)
            all.append(transfer)
            traffic.submit(transfer)
        }
    }

    private static func lost(_ label: String, _ code: Int32) -> PortError {
        code == LIBUSB_ERROR_NO_DEVICE.rawValue
            ? .gone("\(label) was unplugged") : .gone("\(label): \(USBContext.text(code))")
    }

    // MARK: finding

    /// The kernel's own list says which node it is: libusb's depends on udev, which containers lack.
    private static func find(
        _ context: USBContext, _ vendor: UInt16, _ product: UInt16, _ serial: String?, _ place: String?, _ use: Use,
        _ name: String
    ) throws(PortError) -> (OpaquePointer, Int32, Choice) {
        var problem: PortError = .missing("\(name) is not plugged in")
        for device in USBDevice.present() where device.vendor == vendor && device.product == product {
            guard place == nil || place == device.place, serial == nil || serial == device.serial else { continue }
            let node = open(device.node, O_RDWR | O_CLOEXEC)
            guard node >= 0 else {
                problem =
                    errno == EACCES || errno == EPERM
                    ? .denied(
                        "\(name): no permission on \(device.node); install udev/60-quai.rules and plug it in again")
                    : .failed("\(device.node): \(String(cString: strerror(errno)))")
                continue
            }
            var handle: OpaquePointer?
            let code = libusb_wrap_sys_device(context.handle, Int(node), &handle)
            if code == 0, let handle {
                if let choice = choose(libusb_get_device(handle), handle, use) { return (handle, node, choice) }
                libusb_close(handle)
                problem = .failed("\(name) has no interface of this kind")
            } else {
                problem = .failed("\(name): \(USBContext.text(code))")
            }
            close(node)
        }
        throw problem
    }

    private static func choose(_ device: OpaquePointer, _ handle: OpaquePointer, _ use: Use) -> Choice? {
        var configuration: UnsafeMutablePointer<libusb_config_descriptor>?
        guard libusb_get_active_config_descriptor(device, &configuration) == 0, let configuration else { return nil }
        defer { libusb_free_config_descriptor(configuration) }
        var best: Choice?
        for interface in 0..<Int(configuration.pointee.bNumInterfaces) {
            let entry = configuration.pointee.interface[interface]
            guard entry.num_altsetting > 0 else { continue }
            let setting = entry.altsetting[0]
            guard setting.bInterfaceClass == (use == .ccid ? 0x0B : 0x03) else { continue }
            var choice = Choice(interface: setting.bInterfaceNumber)
            choice.isBoot = setting.bInterfaceSubClass == 1 && setting.bInterfaceProtocol == 1
            // The HID descriptor after the interface's own: its last word is the report descriptor's length.
            if setting.extra_length >= 9, let extra = setting.extra, extra[1] == 0x21 {
                choice.reportSize = Int(extra[7]) | Int(extra[8]) << 8
            }
            for index in 0..<Int(setting.bNumEndpoints) {
                let point = setting.endpoint[index]
                let place = (
                    address: point.bEndpointAddress, size: max(8, Int(point.wMaxPacketSize & 0x7FF)),
                    isBulk: point.bmAttributes & 3 == 2
                )
                guard point.bmAttributes & 3 >= 2 else { continue }
                if point.bEndpointAddress & 0x80 == 0 {
                    choice.output = choice.output ?? place
                } else if choice.input == nil || (use == .ccid && place.isBulk) {
                    (choice.input, choice.second) = (place, choice.input)
                } else {
                    choice.second = choice.second ?? place
                }
            }
            guard choice.input != nil else { continue }
            if use == .ccid { return choice }
            choice.second = nil
            let pages = pages(handle, choice)
            if use == .pointOfSale, pages.contains(0x8C) { return choice }
            if use == .keyboard, choice.isBoot { return choice }
            if use == .keyboard, pages.contains(7) { best = best ?? choice }
        }
        return best
    }

    private static func pages(_ handle: OpaquePointer, _ choice: Choice) -> Set<UInt16> {
        reportDescriptor(handle, choice).map(HIDPages.of) ?? []
    }

    private static func reportDescriptor(_ handle: OpaquePointer, _ choice: Choice) -> [UInt8]? {
        let size = min(4096, max(choice.reportSize, 256))
        var buffer = [UInt8](repeating: 0, count: size)
        let count = libusb_control_transfer(
            handle, 0x81, 0x06, 0x2200, UInt16(choice.interface), &buffer, UInt16(size), patience)
        return count > 0 ? Array(buffer.prefix(Int(count))) : nil
    }
}

/// How USB devices are named.
enum USBAddress {
    static func text(_ vendor: UInt16, _ product: UInt16) -> String { "usb:\(hex(vendor)):\(hex(product))" }

    static func hex(_ value: UInt16) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - text.count) + text
    }
}

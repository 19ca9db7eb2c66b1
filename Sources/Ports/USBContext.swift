internal import CLibUSB
import Glibc
import Platform

/// libusb with its one event thread; made when the first device or watcher needs it, and kept.
final class USBContext: Sendable {
    private static let shared = Locked<Result<USBContext, PortError>?>(nil)

    // Set once in `init`; libusb's own functions are safe from any thread.
    nonisolated(unsafe) let handle: OpaquePointer
    private let watchers = Locked<[@Sendable () -> Void]>([])

    static func get() throws(PortError) -> USBContext {
        let result = shared.change { slot -> Result<USBContext, PortError> in
            if case .success? = slot { return slot! }
            let made: Result<USBContext, PortError>
            do throws(PortError) { made = .success(try USBContext()) } catch { made = .failure(error) }
            slot = made
            return made
        }
        return try result.get()
    }

    private init() throws(PortError) {
        var handle: OpaquePointer?
        let code = libusb_init(&handle)
        guard code == 0, let handle else { throw .failed("USB cannot be used: \(USBContext.text(code))") }
        self.handle = handle
        startThread("usb") { [self] in
            while true { libusb_handle_events(self.handle) }
        }
    }

    /// Calls `body` on the USB thread whenever something is plugged in or out; false where the system cannot tell.
    func watch(_ body: @escaping @Sendable () -> Void) -> Bool {
        watchers.change { $0.append(body) }
        guard libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG.rawValue) != 0 else { return false }
        let events = Int32(
            bitPattern: LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED.rawValue | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT.rawValue)
        let code = libusb_hotplug_register_callback(
            handle, events, 0, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
            { _, _, _, user in
                let context = Unmanaged<USBContext>.fromOpaque(user!).takeUnretainedValue()
                for watcher in context.watchers.with({ $0 }) { watcher() }
                return 0
            }, Unmanaged.passUnretained(self).toOpaque(), nil)
        return code == 0
    }

    static func text(_ code: Int32) -> String { String(cString: libusb_strerror(code)) }
}

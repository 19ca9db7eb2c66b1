import Logging
import Model
import Platform
import Uplink

/// How the device is, and what goes over its line.
extension DeviceJournal {
    func set(state: String, reason: String?, code: String? = nil) {
        let (before, driver) = status.change { status -> (String, String) in
            let before = status.state
            if before != state { status.since = Clocks.wall }
            status.state = state
            (status.reason, status.code) = (reason, code)
            return (before, status.driver)
        }
        guard before != state else { return }
        log(state: state, reason: reason)
        let row = Row.device(name: name, driver: driver, state: state, reason: reason)
        save([Outbox.Entry(row, at: Clocks.now)])
        feed.post(
            .object([
                ("event", "device"), ("device", .string(name)), ("state", .string(state)),
                ("reason", reason.map(JSON.string)),
            ]))
        changed()
    }

    /// What stays, once: a device that is tried again and again begins each time, and is failing each time.
    private func log(state: String, reason: String?) {
        guard !["starting", "recognising"].contains(state) else { return }
        let now = Clocks.wall
        let before = lasting.with { lasting in
            defer { if lasting.state != state { lasting = (state, now) } }
            return lasting
        }
        guard before.state != state else { return }
        var metadata: Logger.Metadata = ["device": "\(name)", "state": "\(state)", "reason": "\(reason ?? "-")"]
        if let was = before.state {
            (metadata["was"], metadata["for"]) = ("\(was)", "\(Span.words(now - before.since))")
        }
        logger.notice("device state", metadata: metadata)
    }

    /// The port was opened or closed.
    func mark(_ event: String) {
        feed.post(
            raw: true, device: name,
            .object([
                ("event", "raw"), ("device", .string(name)), ("ms", .int(Clocks.now.milliseconds)),
                ("port", .string(event)),
            ]))
    }

    /// Bytes on the line, for those who watch them.
    func raw(_ direction: String, _ bytes: @autoclosure () -> some Sequence<UInt8>) {
        feed.post(
            raw: true, device: name,
            .object([
                ("event", "raw"), ("device", .string(name)), ("ms", .int(Clocks.now.milliseconds)),
                (direction, .string(Hex.string(bytes()))),
            ]))
    }
}

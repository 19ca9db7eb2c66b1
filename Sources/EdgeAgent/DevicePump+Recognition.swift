import Drivers
import Glibc
import Logging
import Model
import Platform
import Ports
import Uplink

/// Finding out who speaks, and ends that need no session.
extension DevicePump {
    // MARK: recognition

    func take(_ action: Claims.Action, _ loop: inout Loop) {
        if let baud = action.baud, baud != loop.baud {
            do { try loop.port?.setBaud(baud) } catch {
                guard case .recognising(var claims) = loop.stage else { return }
                let next = claims.skip(at: Clocks.now)
                loop.stage = .recognising(claims)
                loop.deadline = next.deadline
                return take(next, &loop)
            }
            loop.baud = baud
        }
        if !action.send.isEmpty, case .recognising(let claims) = loop.stage {
            let names = claims.askedNames
            if journal.now.asked != names { journal.change { $0.asked = names } }
        }
        send(action.send, &loop)
        switch action.verdict {
        case nil: break
        case .claimed(let name, let baud, let why, let heard)?:
            guard let driver = Driver.named(name) else { break }
            logger.notice(
                "device recognised", metadata: ["device": "\(device.name)", "driver": "\(name)", "why": "\(why)"])
            recognised(action.verdict!)
            talk(driver, baud: baud, heard: heard, &loop)
        case .likely(let name, _, let why)?:
            recognised(action.verdict!)
            journal.change { $0.driver = name }
            journal.set(state: "likely", reason: "\(why): edge-agent devices --accept \(device.name)")
        case .unknown(let why)?:
            recognised(action.verdict!)
            journal.set(state: "unknown", reason: why)
        }
    }

    /// From now on this driver has the line; it hears what was heard before it came.
    func talk(_ driver: Driver, baud: Int?, heard: [UInt8], _ loop: inout Loop) {
        loop.stage = .talking(driver, driver.session(loop.settings))
        loop.deadline = nil
        journal.change { ($0.driver, $0.title, $0.kind) = (driver.name, driver.title, driver.kind.rawValue) }
        let usual: Int? = if case .serial(let baud) = driver.line { baud } else { nil }
        let before = loop.baud
        loop.baud = device.baud ?? baud ?? usual
        guard loop.port != nil else {
            loop.nextOpen = Clocks.now
            return
        }
        if let wanted = loop.baud, wanted != before { try? loop.port?.setBaud(wanted) }
        begin(&loop)
        if !heard.isEmpty { react(to: .bytes(heard), &loop) }
    }

    func fail(_ command: Command, _ reason: String) {
        journal.report(CommandProgress(id: command.id, state: .failed, cause: reason))
    }

    func waitForStop(_ refuse: (Command) -> Void) {
        while true {
            _ = waitFor([(wake.descriptor, Int16(POLLIN))], milliseconds: -1)
            wake.drain()
            for message in takeMail() {
                if case .beat(let number) = message { beaten(number) }
                if case .command(let command, _) = message { refuse(command) }
                if case .stop = message { return }
            }
        }
    }
}

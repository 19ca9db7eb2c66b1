import Drivers
import Model
import Platform

/// What is asked of the conversation, and what comes out of it.
extension DevicePump {
    func takeMail() -> [Message] {
        mailbox.with { box in
            let mail = box
            box = []
            return mail
        }
    }

    func receive(_ loop: inout Loop) {
        wake.drain()
        for message in takeMail() {
            switch message {
            case .command(let command, let until):
                obey(command, until: until, &loop)
            case .refused(let tags): journal.forget(tags)
            case .accepted(let count): react(to: .accepted(count), &loop)
            case .accept(let driver, let baud):
                talk(driver, baud: baud, heard: [], &loop)
                // What it said when the line was opened was heard by nobody.
                if loop.port != nil { close(&loop, state: "starting", reason: nil, after: .zero) }
            case .reopen:
                if loop.port != nil { close(&loop, state: "starting", reason: nil, after: .zero) }
            case .retry:
                if loop.port == nil {
                    loop.reopening.reset()
                    loop.nextOpen = Clocks.now
                }
            case .beat(let number):
                journal.retry()
                beaten(number)
            case .stop: loop.stopping = true
            }
        }
    }

    func react(to stimulus: Stimulus, _ loop: inout Loop) {
        let now = Clocks.now
        switch loop.stage {
        case .recognising(var claims):
            let action: Claims.Action? =
                switch stimulus {
                case .opened: claims.begin(at: now)
                case .bytes(let bytes): claims.hear(bytes, at: now)
                case .tick: claims.tick(at: now)
                case .closed: nil
                default: Claims.Action(deadline: loop.deadline)
                }
            loop.stage = .recognising(action == nil ? Claims(hint: hint) : claims)
            loop.deadline = action?.deadline
            if let action { take(action, &loop) }
        case .talking(let driver, var session):
            let reaction = session.handle(stimulus, at: now)
            loop.stage = .talking(driver, session)
            (loop.deadline, loop.lingers) = (reaction.deadline, reaction.lingers)
            take(reaction, at: now, &loop)
        }
    }

    func take(_ reaction: Reaction, at now: Instant, _ loop: inout Loop) {
        if let counted = reaction.counted { journal.counted(counted) }
        journal.take(reaction.observations, at: now)
        if reaction.noise > 0 { journal.change { $0.noise += UInt64(reaction.noise) } }
        switch reaction.condition {
        case .starting?: journal.set(state: "starting", reason: nil)
        case .ready?:
            loop.reopening.becameGood()
            journal.set(state: "ready", reason: reaction.remark)
        // It could read and may not: nothing is broken.
        case .failing(Condition.noCountry, let text)?: journal.set(state: Condition.noCountry, reason: text)
        // Its beginning and its end are logged by whoever looks at everything (`FindingsBook`), not each try.
        case .failing(let code, let text)?: journal.set(state: "failing", reason: text, code: code)
        case nil: break
        }
        send(reaction.send, &loop)
        if let pause = reaction.restart, loop.port != nil {
            let current = journal.now
            close(&loop, state: current.state, reason: current.reason, code: current.code, after: pause)
        }
    }

    func send(_ bytes: [UInt8], _ loop: inout Loop) {
        guard !bytes.isEmpty, loop.port != nil else { return }
        if loop.outgoing.count + bytes.count <= DevicePump.outgoingLimit { loop.outgoing += bytes }
        flush(&loop)
    }
}

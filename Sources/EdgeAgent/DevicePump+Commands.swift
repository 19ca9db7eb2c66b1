import Drivers
import Model
import Platform

/// Commands, from when they are given to a device until their end is told.
extension DevicePump {
    /// Under way at once; the centre asks for far fewer.
    static let commandLimit = 256
    /// How long an exchange may take to say what became of what a former run, or a former section of it, began.
    static let recallPatience: Duration = .seconds(60)

    func obey(_ command: Command, until: Instant, _ loop: inout Loop) {
        guard Clocks.now <= until else { return journal.report(CommandProgress(id: command.id, state: .expired)) }
        // One whose end a line forgot to tell must not end dialling.
        let oldest = journal.begun.with { begun in
            defer { begun.append(command) }
            return begun.count < DevicePump.commandLimit ? nil : begun.removeFirst()
        }
        if let oldest { lose(oldest, "the exchange did not answer") }
        react(to: .command(command), &loop)
    }

    /// They are not begun again: the session asks for their end, and so does `doubt`.
    func recall(_ commands: [Command], _ loop: inout Loop) {
        guard !commands.isEmpty else { return }
        journal.begun.with { $0 += commands }
        loop.doubtful = (Set(commands.map(\.id)), Clocks.now + DevicePump.recallPatience)
        for command in commands { react(to: .recall(command), &loop) }
    }

    /// An exchange that is not there cannot say it. One that is has told its calls, and tells their end.
    func doubt(_ loop: inout Loop, at now: Instant) {
        guard let (ids, until) = loop.doubtful, now >= until else { return }
        loop.doubtful = nil
        guard journal.now.state != "ready" else { return }
        for command in journal.begun.with({ $0 }) where ids.contains(command.id) {
            lose(command, "\(device.name) was not reached since")
        }
    }

    func lose(_ command: Command, _ reason: String) {
        journal.report(CommandProgress(id: command.id, state: .unknown, cause: reason))
    }

    /// This one has ended: what it had under way is asked of the next one of its name, or told as lost; what it never began, the next one does.
    func handOver(to next: DevicePump?) -> [Command] {
        let next = next.flatMap { $0.device.isTelephone ? $0 : nil }
        let gone = "\(device.name) is no telephone link any more"
        let mail = isOver.with { isOver in
            isOver = true
            return takeMail()
        }
        for case .command(let command, let until) in mail {
            if let next { next.post(.command(command, until: until)) } else { fail(command, gone) }
        }
        let begun = journal.begun.with { $0 }
        if next == nil { for command in begun { lose(command, gone) } }
        // It may still hang in an open or a goodbye: of one command one voice speaks.
        journal.isSilent.with { $0 = true }
        return next == nil ? [] : begun
    }
}

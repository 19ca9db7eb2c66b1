import Model

/// Who calls, and whether that may be shown.
extension AMICalls {
    // MARK: presentation

    /// What the exchange answers: shown, hidden, or nil when it does not know the channel any more. While that is so, the
    /// call goes on without a number.
    mutating func presented(channel id: String, hidden: Bool?) -> [CallSignal] {
        out = []
        guard let root = channels[id]?.root else { return [] }
        resolve(root, hidden.map { $0 ? .hidden : .shown } ?? .unknown)
        return out
    }

    /// Calls that wait for their caller's presentation.
    var waitingCalls: [String] { calls.filter { $0.value.isWaiting }.map(\.key) }

    /// No answer in time: the call is told without its number, which follows when the answer comes.
    mutating func stopWaiting(_ root: String) -> [CallSignal] {
        out = []
        release(root)
        return out
    }

    /// Decides what it can from a call's first channel, and asks the exchange for what it cannot.
    mutating func present(_ id: String, _ message: AMIMessage, _ prefix: String) {
        guard let channel = channels[id], let call = calls[channel.root] else { return }
        // Who is called may hide too; that says nothing about who calls.
        let isCallers = channel.desk == nil && !channel.dialled && call.direction != .outbound
        if prefix.isEmpty, isCallers, AMICalls.isPrivate(message) { return resolve(channel.root, .hidden) }
        if prefix.isEmpty, channel.root == id, channel.desk == nil, AMICalls.isWithheld(message) {
            return resolve(channel.root, .hidden)
        }
        guard call.presentation == .unknown, !call.asked, channel.root == id else { return }
        if channel.desk != nil || channel.isLocal || call.command != nil {
            resolve(channel.root, .shown)
        } else if prefix.isEmpty, message.variable("CALLERID(num-pres)") != nil {
            resolve(channel.root, .shown)
        } else if asksPresentation {
            ask(id)
        }
    }

    mutating func ask(_ id: String) {
        guard let channel = channels[id], let call = calls[channel.root], call.presentation == .unknown, !call.asked,
            asksPresentation, channel.desk == nil
        else { return }
        calls[channel.root]?.asked = true
        questions.append((channel.name, id))
    }

    mutating func resolve(_ root: String, _ answer: AMICall.Presentation) {
        guard let call = calls[root], call.presentation != .hidden else { return }
        let isNews = calls[root]?.settle(answer) ?? false
        release(root)
        if isNews { reintroduce(root) }
    }

    mutating func release(_ root: String) {
        for signal in calls[root]?.release() ?? [] { emit(signal, root) }
    }

    // MARK: who calls

    static func hides(_ presentation: String) -> Bool {
        presentation.hasPrefix("prohib") || presentation.hasPrefix("unavailable")
    }

    /// The exchange itself says that this caller hides: by a channel variable, or with a changed caller id.
    static func isPrivate(_ message: AMIMessage) -> Bool {
        for name in ["CALLERID(num-pres)", "CALLERID(pres)"] {
            if let answer = message.variable(name), hides(answer) { return true }
        }
        if message.variable("CALLERID(name-pres)")?.hasPrefix("prohib") ?? false { return true }
        // `32 (Presentation Prohibited, Not Screened)`
        let presentation = (message["cid-callingpres"] ?? "").lowercased()
        return presentation.contains("prohibited") || presentation.contains("unavailable")
    }

    static func isWithheld(_ message: AMIMessage) -> Bool {
        if isPrivate(message) || CallerText.isWithheld(message["calleridnum"] ?? "") { return true }
        return message.known("calleridnum") == nil && CallerText.isWithheld(message["calleridname"] ?? "")
    }

    static func party(_ message: AMIMessage, _ prefix: String, withheld: Bool) -> Party {
        party(
            number: message.known(prefix + "num").map(CallerText.clean),
            name: message.known(prefix + "name").map(CallerText.clean),
            withheld: withheld)
    }

    static func party(number: String?, name: String?, withheld: Bool) -> Party {
        Party(number: number, name: name, withheld: withheld || CallerText.isWithheld(number ?? ""))
    }
}

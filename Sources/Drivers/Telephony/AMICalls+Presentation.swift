import Model

/// Who calls, and whether that may be shown.
extension AMICalls {
    // MARK: presentation

    /// What the exchange answers: shown, hidden, or nil when it does not know the channel any more. While that is so, the
    /// call goes on without a number.
    mutating func presented(_ question: Question, hidden: Bool?) -> [CallSignal] {
        out = []
        let root = resolve(question.root)
        guard calls[root] != nil else { return [] }
        if hidden == true {
            resolve(root, .hidden)
        } else if question.decides {
            calls[root]?.deciding.removeAll { $0 == question.id }
            if hidden == false { calls[root]?.isVouched = true }
            settle(root)
        } else if hidden == false {
            calls[root]?.wasShown = true
        }
        return out
    }

    /// Every answer is there: what they say together.
    private mutating func settle(_ root: String) {
        guard let call = calls[root], call.deciding.isEmpty else { return }
        resolve(root, call.isVouched ? .shown : call.presentation)
    }

    /// The account may not ask: what waited for an answer goes on without.
    mutating func stopAsking() -> [CallSignal] {
        out = []
        (asksPresentation, questions) = (false, [])
        for root in calls.keys.sorted() {
            calls[root]?.deciding = []
            guard let presentation = calls[root]?.presentation else { continue }
            resolve(root, presentation == .unknown && !masks ? .shown : presentation)
        }
        return out
    }

    /// A telephone is called, or a caller joins others: the dial plan has said what it has to say, and now the exchange tells whether
    /// the number may be shown. Asked again each time, because a plan may hide it on the way to the next.
    mutating func decide(_ id: String, _ message: AMIMessage) {
        guard let channel = channels[id], channel.desk == nil, let call = calls[channel.root], call.command == nil,
            call.presentation != .hidden, call.direction != .outbound, call.direction != .internal
        else { return }
        if message.variable("callerid(num-pres)") != nil { return resolve(channel.root, .shown) }
        inquire(id)
    }

    /// Asks what decides, once at a time for each channel.
    mutating func inquire(_ id: String) {
        guard let channel = channels[id], let call = calls[channel.root], asksPresentation, !call.deciding.contains(id)
        else { return }
        if call.deciding.isEmpty { calls[channel.root]?.isVouched = false }
        calls[channel.root]?.deciding.append(id)
        if !isHasty { calls[channel.root]?.wait() }
        questions.removeAll { $0.id == id }
        questions.append(Question(channel: channel.name, id: id, root: channel.root, decides: true))
    }

    /// Calls that wait for their caller's presentation.
    var waitingCalls: [String] {
        asksPresentation && !isHasty ? calls.filter { $0.value.isWaiting }.map(\.key) : []
    }

    /// No answer in time: the call is told without its number, which follows when the answer comes.
    mutating func stopWaiting(_ root: String) -> [CallSignal] {
        out = []
        release(root)
        return out
    }

    /// Decides what it can from a call's first channel, and asks the exchange for what it cannot.
    mutating func present(_ channel: AMIChannel, _ message: AMIMessage, isOwn: Bool) {
        guard let call = calls[channel.root], call.presentation != .hidden else { return }
        let id = channel.id
        // Who is called may hide too; that says nothing about who calls.
        let isCallers = channel.desk == nil && !channel.dialled && call.direction != .outbound
        if isOwn, isCallers, AMICalls.isPrivate(message) {
            return resolve(channel.root, .hidden)
        }
        if isOwn, channel.root == id, channel.desk == nil, AMICalls.isWithheld(message) {
            return resolve(channel.root, .hidden)
        }
        guard call.presentation == .unknown, !call.asked, channel.root == id else { return }
        if channel.desk != nil || channel.isLocal || call.command != nil || call.direction == .outbound {
            resolve(channel.root, .shown)
        } else if isOwn, message.variable("callerid(num-pres)") != nil {
            // What a plan hides later would have been shown till then.
            if asksPresentation { calls[channel.root]?.wasShown = true } else { resolve(channel.root, .shown) }
        } else if asksPresentation, message.event != "DialBegin", !channel.dialled {
            calls[channel.root]?.asked = true
            questions.append(Question(channel: channel.name, id: id, root: channel.root, decides: false))
        }
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
        for name: StaticString in ["callerid(num-pres)", "callerid(pres)"] {
            if let answer = message.variable(name), hides(answer) { return true }
        }
        if message.variable("callerid(name-pres)")?.hasPrefix("prohib") ?? false { return true }
        // `32 (Presentation Prohibited, Not Screened)`
        guard let presentation = message["cid-callingpres"]?.lowercased() else { return false }
        return presentation.contains("prohibited") || presentation.contains("unavailable")
    }

    static func isWithheld(_ message: AMIMessage) -> Bool {
        if isPrivate(message) || message["calleridnum"].map(CallerText.isWithheld) ?? false { return true }
        return message.known("calleridnum") == nil && message["calleridname"].map(CallerText.isWithheld) ?? false
    }

    static func party(_ message: AMIMessage, _ prefix: StaticString, withheld: Bool) -> Party {
        party(
            number: message.known("num", after: prefix).map(CallerText.clean),
            name: message.known("name", after: prefix).map(CallerText.clean),
            withheld: withheld)
    }

    static func party(number: String?, name: String?, withheld: Bool) -> Party {
        Party(number: number, name: name, withheld: withheld || CallerText.isWithheld(number ?? ""))
    }
}

import Model

/// A channel of the exchange: one end of a call.
struct AMIChannel {
    enum Leg { case none, dialling, ringing, talking, held }

    let id: String
    private(set) var name: String
    /// The call it is of.
    var root: String
    /// The telephone that it reaches, if it is one of ours.
    private(set) var desk: String?
    private(set) var isLocal: Bool
    /// It was called (target of a dial), so that Up means "answered".
    var dialled = false
    var leg = Leg.none
    /// It began its call from a telephone: nothing rings at it, and its end says nothing of those it called.
    var isDialler = false
    /// The number it was called by, where it is no telephone of ours.
    var number: String?
    var connected: (number: String?, name: String?) = (nil, nil)
    var dialStatuses: [String] = []
    var forwarded = false
    var hangupCause: Int?
    /// How often its call had been answered when it began to ring.
    var answersBefore = 0
    /// It has handed its call to somebody else: its end is no news.
    var hasTransferred = false

    init(id: String, name: String, root: String, plan: inout DialPlan) {
        self.id = id
        self.name = name
        self.root = root
        desk = AMIChannel.desk(name, &plan)
        isLocal = AMIChannel.isLocal(name)
    }

    mutating func rename(_ name: String, plan: inout DialPlan) {
        guard name != self.name else { return }
        self.name = name
        desk = AMIChannel.desk(name, &plan)
        isLocal = AMIChannel.isLocal(name)
    }

    /// Whom it is connected with, where the headers say it; whether that is news.
    mutating func connect(_ message: AMIMessage, _ prefix: StaticString) -> Bool {
        guard message.has("connectedlinenum", after: prefix) else { return false }
        let new = (
            number: message.known("connectedlinenum", after: prefix),
            name: message.known("connectedlinename", after: prefix).map(CallerText.clean)
        )
        guard new != connected else { return false }
        connected = new
        return true
    }

    var isTalking: Bool { leg == .talking || leg == .held }

    /// Being up is news of it: it has been called and nobody has spoken yet.
    var awaitsAnswer: Bool { leg == .ringing || leg == .none && dialled }

    /// What DialEnd and the hang-up cause say together, in a call that was answered so often.
    func cause(answers: Int) -> CallCause {
        if isTalking { return .normal }
        if forwarded { return .forwarded }
        if dialStatuses.contains("BUSY") { return .busy }
        if hangupCause == 21, !dialStatuses.contains("CANCEL") { return .declined }
        if hangupCause == 26 || answers > answersBefore { return .answeredElsewhere }
        if dialStatuses.contains("CHANUNAVAIL") || dialStatuses.contains("CONGESTION") { return .unreachable }
        if dialStatuses.contains("NOANSWER") { return .noAnswer }
        // A telephone rung by an originate has no DialEnd: only the cause tells.
        if dialStatuses.isEmpty { return AMIChannel.cause(hangup: hangupCause) }
        return .callerGaveUp
    }

    /// Q.850 numbers as Asterisk uses them.
    static func cause(hangup: Int?) -> CallCause {
        switch hangup {
        case 17: .busy
        case 18, 19: .noAnswer
        case 21: .declined
        case 1, 3, 20, 27: .unreachable
        case 34, 38, 41, 42, 58: .failed
        default: .callerGaveUp
        }
    }

    /// A half that the dial plan has put in between: nobody's telephone.
    private static func isLocal(_ name: String) -> Bool { name.hasPrefix("Local/") }

    /// `PJSIP/101-0000004d` is extension 101; the whole name counts, never a part of it.
    private static func desk(_ name: String, _ plan: inout DialPlan) -> String? {
        guard let slash = name.firstIndex(of: "/"), let dash = name.lastIndex(of: "-"), slash < dash, !isLocal(name)
        else { return nil }
        let endpoint = String(name[name.index(after: slash)..<dash])
        return plan.isExtension(endpoint) ? endpoint : nil
    }
}

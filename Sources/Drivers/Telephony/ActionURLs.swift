import Model

extension Driver {
    /// Telephones that ask an address of ours for something whenever a call begins, is answered or ends. Sources: Snom wiki,
    /// Features/Action URL; Yealink administrator's guides, Action URL; Grandstream ActionURL Module User Guide.
    public static let actionURL = Driver(
        name: "action-url", title: "Telephones with action URLs (Snom, Yealink, Grandstream)", kind: .telephony,
        line: .gathered(port: 8086),
        source: "Snom wiki, Action URL; Yealink and Grandstream guides, Action URL; no capture yet",
        session: { ActionURLs(settings: $0) })
}

/// A small HTTP listener: one request a connection, whose query says what happened at which telephone.
///
/// `GET /?event=incoming&ext=101&remote=sip:0612345678@10.0.0.1&call=ID HTTP/1.1`; answered `200` without a body, because some
/// telephones show what they are sent.
struct ActionURLs: Session {
    /// Longest request with its headers, in bytes.
    static let requestLimit = 8 * 1024
    /// Connections at once; what comes beyond it is closed.
    static let connectionLimit = 500

    private let secret: String?
    private var line = GatheredLine()
    private var pending: [Int: [UInt8]] = [:]
    private var calls: ActionURLCalls
    /// A wrong token is said once, not with every call.
    private var hasRefused = false

    init(settings: SessionSettings) {
        secret = settings.secret
        calls = ActionURLCalls(source: settings.name, plan: DialPlan(pattern: settings.internalPlan))
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            reaction.condition = .ready
            reaction.observations.append(.call(CallSignal(.sourceUp)))
        case .bytes(let bytes):
            let (events, noise) = line.take(bytes)
            reaction.noise += noise
            for event in events { take(event, now, &reaction) }
        case .tick: calls.tick(at: now)
        case .command(let command), .recall(let command):
            let cause = "telephones only tell of their calls here: a click needs the exchange"
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
        case .closed:
            calls.end(all: .lost)
            reaction.observations += calls.takeObservations()
            reaction.observations.append(.call(CallSignal(.sourceDown)))
            (line, pending, hasRefused) = (GatheredLine(), [:], false)
        case .closing, .descriptor, .accepted: break
        }
        reaction.observations += calls.takeObservations()
        reaction.deadline = calls.deadline
        return reaction
    }

    private mutating func take(_ event: GatheredLine.Event, _ now: Instant, _ reaction: inout Reaction) {
        switch event {
        case .opened(let id):
            guard pending.count < ActionURLs.connectionLimit else {
                reaction.send += GatheredLine.encode(.closed(id))
                return
            }
            pending[id] = []
        case .bytes(let id, let bytes):
            guard pending[id] != nil else { return }
            pending[id]? += bytes
            guard let request = pending[id] else { return }
            if let end = ActionURLs.end(of: request) {
                pending[id] = nil
                answer(request[..<end], to: id, now, &reaction)
            } else if request.count > ActionURLs.requestLimit {
                pending[id] = nil
                reaction.noise += request.count
                reply("431 Request Header Fields Too Large", to: id, &reaction)
            }
        case .closed(let id): reaction.noise += pending.removeValue(forKey: id)?.count ?? 0
        }
    }

    /// The first line is whole and an empty one follows; headers say nothing that we need.
    private static func end(of request: [UInt8]) -> Int? {
        guard let first = request.firstIndex(of: 0x0A) else { return nil }
        var isEmpty = true
        for byte in request[(first + 1)...] {
            if byte == 0x0A {
                if isEmpty { return first }
                isEmpty = true
            } else if byte != 0x0D {
                isEmpty = false
            }
        }
        return nil
    }

    private mutating func answer(_ head: ArraySlice<UInt8>, to id: Int, _ now: Instant, _ reaction: inout Reaction) {
        let words = String(decoding: head, as: UTF8.self).split(whereSeparator: { $0 == " " || $0.isNewline })
        guard words.count == 3, words[2].hasPrefix("HTTP/") else {
            reaction.noise += head.count
            return reply("400 Bad Request", to: id, &reaction)
        }
        let fields = ActionURLs.fields(of: words[1])
        if let secret, fields["token"] != secret {
            if !hasRefused {
                let text = "a telephone's URL has a wrong token or none: it must end with &token= and the secret"
                reaction.observations.append(.fault(Fault(code: "token", text: text)))
            }
            hasRefused = true
            return reply("403 Forbidden", to: id, &reaction)
        }
        let isUnderstood = calls.take(fields, at: now)
        reaction.observations += calls.takeObservations()
        reply(isUnderstood ? "200 OK" : "404 Not Found", to: id, &reaction)
    }

    private func reply(_ status: String, to id: Int, _ reaction: inout Reaction) {
        let text = "HTTP/1.1 \(status)\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        reaction.send += GatheredLine.encode(.bytes(id, Array(text.utf8))) + GatheredLine.encode(.closed(id))
    }

    // MARK: queries

    /// The fields of a target; where it has no `?`, those behind the last slash (Grandstream's own examples). The first of a
    /// name counts.
    static func fields(of target: Substring) -> [String: String] {
        let query =
            target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
            ?? target.lastIndex(of: "/").map { target[target.index(after: $0)...] } ?? target
        var fields: [String: String] = [:]
        for field in query.prefix(while: { $0 != "#" }).split(separator: "&").prefix(32) {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, fields[String(parts[0])] == nil else { continue }
            fields[String(parts[0])] = decoded(parts[1])
        }
        return fields
    }

    /// `%2B33` is `+33`; a bare `+` stays one, because telephones write numbers as they are.
    static func decoded(_ text: Substring) -> String {
        var out: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, rest.count >= 2, let value = Hex.bytes(ascii: rest.prefix(2))?.first {
                out.append(value)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

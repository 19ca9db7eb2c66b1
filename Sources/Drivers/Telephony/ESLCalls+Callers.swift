import Model

/// Who calls, and whether that may be shown: `Caller-Privacy-Hide-Number` and `-Name` of each event (FreeSWITCH, Event List).
///
/// A dial plan may hide a number in any of its steps, before a telephone is called or between two. So a number is told when a telephone
/// is called for it, when the switch itself answers, or when the caller goes; and each later event is read again.
extension ESLCalls {
    func party(_ event: [String: String]) -> Party {
        let number = event["Caller-Caller-ID-Number"] ?? ""
        if ESLCalls.hides(event) { return .hidden }
        let isNameless = event["Caller-Privacy-Hide-Name"] == "true"
        let name = event["Caller-Caller-ID-Name"].flatMap {
            isNameless || $0.isEmpty || $0 == number ? nil : CallerText.clean($0)
        }
        return Party(number: number.isEmpty ? nil : number, name: name)
    }

    /// The number is sent all the same where its owner hides it.
    private static func hides(_ event: [String: String]) -> Bool {
        event["Caller-Privacy-Hide-Number"] == "true" || CallerText.isWithheld(event["Caller-Caller-ID-Number"] ?? "")
    }

    /// What an event says of the caller, by their own channel or by that of a telephone which is called for them. Rows of a list say
    /// nothing of it. Hidden stays hidden.
    mutating func present(_ id: String, _ event: [String: String]) {
        guard let name = event["Event-Name"], let leg = legs[id], !leg.isDialled || leg.desk != nil,
            let call = calls[leg.call], call.direction != .outbound, call.caller?.withheld != true
        else { return }
        if ESLCalls.hides(event) {
            calls[leg.call]?.caller = .hidden
        } else {
            // Of a caller alone who is not yet answered the plan may still hide the number.
            guard !call.isVouched,
                call.legs.count > 1 || event["Channel-Call-State"] == "ACTIVE" || name == "CHANNEL_HANGUP_COMPLETE"
            else { return }
            calls[leg.call]?.isVouched = true
        }
        let shown = calls[leg.call]?.shown
        voice.say(.identity, leg.call) { $0.caller = shown }
    }
}

extension ESLCalls.Call {
    /// Nobody's number while it is not known whether it may be shown.
    var shown: Party? { isVouched || caller?.withheld == true ? caller : Party(number: nil, name: nil) }
}

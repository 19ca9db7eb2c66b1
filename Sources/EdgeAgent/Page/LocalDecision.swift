import Model

/// What somebody decides in the page at the depot. The agent knows no people: it seals the PIN to the centre, together with these very words,
/// and keeps it nowhere else.
struct LocalDecision: Sendable {
    var decision: DepotDecision
    var zone: String
    private var pin: String

    /// A `DepotDecision` with `"zone"`, one of `zones`, and `"pin"`; nil for anything else.
    init?(_ body: [UInt8], zones: [String]) {
        guard let json = try? JSON(parsing: body), let decision = DepotDecision(json: json),
            let zone = json["zone"]?.text, zones.contains(zone), let pin = json["pin"]?.text,
            (1...DepotDecision.pinLimit).contains(pin.utf8.count)
        else { return nil }
        (self.decision, self.zone, self.pin) = (decision, zone, pin)
    }

    /// Nil where `key` is none.
    func row(agent: String, key: [UInt8]) -> Row? {
        let text = decision.json.description
        guard let proof = DepotDecision.seal(pin: pin, of: text, agent: agent, to: key) else { return nil }
        return Row.Decided(zone: zone, text: text, proof: proof).map(Row.decided)
    }
}

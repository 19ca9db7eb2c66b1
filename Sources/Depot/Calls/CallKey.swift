public import Model

/// Whose call it is, as compared: the other side's number.
public enum CallKey {
    public static func of(_ snapshot: CallSnapshot, plan: NumberPlan) -> String? {
        isWithheld(snapshot) ? "withheld" : number(of: snapshot, plan: plan).map { key($0, plan) }
    }

    /// The other side's number; nil where there is none, or its caller withholds it.
    public static func number(of snapshot: CallSnapshot, plan: NumberPlan) -> PhoneNumber? {
        guard !isWithheld(snapshot) else { return nil }
        let isOutbound = snapshot.direction == .outbound
        return (isOutbound ? snapshot.called : snapshot.caller?.number).map { plan.number($0, dialled: isOutbound) }
    }

    /// Of a call that comes in: whom we call does not withhold anything.
    public static func isWithheld(_ snapshot: CallSnapshot) -> Bool {
        snapshot.direction != .outbound && snapshot.caller?.withheld == true
    }

    private static func key(_ number: PhoneNumber, _ plan: NumberPlan) -> String {
        number.kind == .extension ? plan.desk(number.key) : number.key
    }
}

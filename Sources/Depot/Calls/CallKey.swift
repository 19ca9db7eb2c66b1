public import Model

/// Whose call it is, as compared: the other side's number.
public enum CallKey {
    public static func of(_ snapshot: CallSnapshot, plan: NumberPlan) -> String? {
        if snapshot.direction == .outbound { return snapshot.called.map { key(plan.number($0, dialled: true), plan) } }
        if snapshot.caller?.withheld == true { return "withheld" }
        return snapshot.caller?.number.map { key(plan.number($0), plan) }
    }

    private static func key(_ number: PhoneNumber, _ plan: NumberPlan) -> String {
        number.kind == .extension ? plan.desk(number.key) : number.key
    }
}

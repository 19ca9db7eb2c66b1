/// Something that stays open until somebody has dealt with it, or it has gone by itself.
enum Notice: String, CaseIterable {
    case lowStock = "low-stock"
    case countDue = "count-due"
    /// The ERP did not take something, and a person has to help.
    case pushDead = "push-dead"

    var fact: Fact.Kind {
        switch self {
        case .lowStock: .stockLow
        case .countDue: .countDue
        case .pushDead: .pushNoticed
        }
    }
}

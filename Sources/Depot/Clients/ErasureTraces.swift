/// Where a number was found.
struct ErasureTraces {
    /// A text in which it is written over; table, column and keys are those of a `PersonalPlace`.
    struct Passage {
        var table: String
        var column: String
        /// Values of the place's keys, in their order.
        var keys: [String]
        var text: String
    }

    var erased = ErasureTable.Erased()
    var calls: Set<String> = []
    var commands: [String] = []
    var numbers: [(party: Int64, key: String)] = []
    var parties: Set<Int64> = []
    /// Of those clients, where they are not also somebody's here and not so short that they stand in other words.
    var names: Set<String> = []
    var jobs: Set<Int64> = []
    /// What the ledger calls these jobs: their keys, and kind and subject.
    var pushes: Set<String> = []
    var records: [(stream: Int64, seq: Int64)] = []
    var letters: [(stream: Int64, seq: Int64)] = []
    var passages: [Passage] = []
    var entries: Set<Int64> = []
    /// The forms in which it stands in the ledger.
    var forms: Set<String> = []
}

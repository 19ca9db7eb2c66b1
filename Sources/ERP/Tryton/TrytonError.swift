/// Why a call did not do what was asked, as the flows need to tell it apart (trytond/exceptions.py).
enum TrytonError: Error, Equatable {
    case fault(ERPFault)
    /// `UserWarning`: wants a person's yes. The name is a hash of the records and a suffix: `75d1….done`.
    case warning(name: String, sentence: String)
    /// `ConcurrencyException`: somebody else wrote since we read.
    case stale
    /// 401: no session, or one that has ended.
    case noSession

    /// The last part of a warning's name, which says what kind it is: `done`, `check_move_quantity`.
    static func kind(ofWarning name: String) -> String {
        name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name
    }

    /// As the interface tells it.
    var asFault: ERPFault {
        switch self {
        case .fault(let fault): fault
        case .warning(let name, let sentence):
            // The name must survive the limit of a sentence: a person's yes is given to it.
            ERPFault(.rule, "\(ERPFault.short(String(sentence.prefix(200)))) [\(name.prefix(90))]")
        case .stale: ERPFault(.conflict, "Somebody else changed it meanwhile.")
        case .noSession: ERPFault(.credentials, "The server ended the session twice.")
        }
    }

    var kind: ERPFault.Kind? {
        if case .fault(let fault) = self { fault.kind } else { nil }
    }
}

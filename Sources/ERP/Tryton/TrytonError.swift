/// Why a call did not do what was asked, as the flows need to tell it apart (trytond/exceptions.py).
enum TrytonError: Error, Equatable {
    case fault(ERPFault)
    /// `UserWarning`: wants a person's yes. The name is a hash of the records and a suffix: `75d1….done`.
    case warning(name: String, sentence: String)
    /// `ConcurrencyException`: somebody else wrote since we read.
    case stale
    /// 401: no session, or one that has ended.
    case noSession

    /// The state is another than the one the plan was made for: begin again.
    static let advanced = TrytonError.fault(ERPFault(.conflict, "Somebody else is working on this receipt."))

    /// What is the same in a warning's name whatever records it is of: `done` of `75d1….done`, `check_move_quantity`. What comes
    /// before the last dot is a hash or records; numbers behind it are records too.
    static func kind(ofWarning name: String) -> String {
        let last = name.lastIndex(of: ".").map { name[name.index(after: $0)...] } ?? name[...]
        var kind = last
        while let end = kind.last, end.isNumber || end == "_" || end == "," { kind.removeLast() }
        return String(kind.isEmpty ? last : kind)
    }

    /// As the interface tells it.
    var asFault: ERPFault {
        switch self {
        case .fault(let fault): fault
        case .warning(let name, let sentence):
            // The kind must survive the limit of a sentence: a person's yes is given to it.
            ERPFault(
                .rule,
                ERPFault.short(String(sentence.prefix(200)))
                    + (name.isEmpty ? "" : " [warning.\(TrytonError.kind(ofWarning: name).prefix(80))]"))
        case .stale: ERPFault(.conflict, "Somebody else changed it meanwhile.")
        case .noSession: ERPFault(.credentials, "The server ended the session twice.")
        }
    }

    var kind: ERPFault.Kind? {
        if case .fault(let fault) = self { fault.kind } else { nil }
    }
}

extension ERPFault {
    /// The name of the warning that a sentence tells of, which a person may accept; nil where it tells of none, as over REST.
    public static func warning(in sentence: String) -> String? {
        guard sentence.hasSuffix("]"), let start = sentence.lastIndex(of: "[") else { return nil }
        let name = sentence[sentence.index(after: start)...].dropLast()
        // `warning.kind`, as `asFault` writes it: a bracket of the ERP's own text is none.
        guard name.contains("."), name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
        else { return nil }
        return String(name)
    }
}

/// What the pushes that tell the ERP of a call-back are called: `CALL#5` brings it there, `CALL#5.done` says that it is done, `CALL#5.2` that it
/// is open again, `CALL#5.2.done` that it is done after all. With the call they are forgotten.
extension Reminder {
    /// Of the push that brings it into the ERP; `time`: from 2 on it was done there before, and is open again.
    public func erpSubject(_ time: Int = 1) -> String { "\(call)#\(id)" + (time > 1 ? ".\(time)" : "") }

    /// Of the push that says there that it is done.
    public func erpDoneSubject(_ time: Int = 1) -> String { erpSubject(time) + Reminder.doneSuffix }

    private static let doneSuffix = ".done"

    private struct Subject {
        var call: Substring
        var number: Substring
        var time = 1
        var isDone = false

        init?(_ subject: String) {
            guard let sign = subject.lastIndex(of: "#") else { return nil }
            call = subject[..<sign]
            var rest = subject[sign...].dropFirst()
            if rest.hasSuffix(Reminder.doneSuffix) { (rest, isDone) = (rest.dropLast(Reminder.doneSuffix.count), true) }
            if let dot = rest.firstIndex(of: ".") {
                guard let time = Int(rest[dot...].dropFirst()), time > 1 else { return nil }
                (self.time, rest) = (time, rest[..<dot])
            }
            guard rest.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
            number = rest
        }
    }

    /// The call that such a push is about; nil where it is none.
    static func call(ofSubject subject: String) -> String? { Subject(subject).map { String($0.call) } }

    /// The push about the same call-back that goes before it; nil for the first.
    static func before(subject: String) -> String? {
        guard let parts = Subject(subject), parts.isDone || parts.time > 1 else { return nil }
        let time = parts.isDone ? parts.time : parts.time - 1
        return "\(parts.call)#\(parts.number)" + (time > 1 ? ".\(time)" : "") + (parts.isDone ? "" : doneSuffix)
    }
}

extension JobTable {
    /// The last push that brought a call-back into the ERP, and how often it was brought there; nil where it never was.
    public func told(of reminder: Reminder) throws -> (job: ERPJob, time: Int)? {
        var last: (ERPJob, Int)?
        for time in 1...Int(Int16.max) {
            guard let job = try job(of: .call, subject: reminder.erpSubject(time)) else { break }
            last = (job, time)
        }
        return last
    }
}

import Drivers
import Settings

extension SessionSettings {
    /// What a telephone link says of who calls: `caller-id`, `caller-ids`, `presentation-delay-ms`, `show-unchecked`,
    /// `call-records`.
    mutating func readCallers(_ section: Section) {
        if let delay = section.integer("presentation-delay-ms", in: 0...30) {
            presentationDelay = .milliseconds(delay)
        }
        showsUnchecked = section.boolean("show-unchecked") ?? showsUnchecked
        hearsRecords = section.boolean("call-records") ?? hearsRecords
        if let number = section.string("caller-id") {
            if DialPlan.isDialable(number) {
                callerID = number
            } else {
                section.reject("caller-id", "must be a number as the exchange dials it, such as \"+33199000700\"")
            }
        }
        for entry in section.strings("caller-ids") ?? [] {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, DialPlan.isDialable(parts[1]) else {
                section.reject("caller-ids", "must be extensions with their numbers, such as [\"104=+33199000704\"]")
                return
            }
            callerIDs[parts[0]] = parts[1]
        }
    }
}

import Model

/// What is said of an act that did not come about.
extension CallAct {
    static let isGone = "this telephone has no part in the call any more"
    static let isRefused = "refused by the exchange"
    static let isUnanswered = "the exchange did not answer"
    static let isAnew = "the connection was made anew meanwhile"
}

extension Reaction {
    /// An act from before a restart is never done again: nobody can say whether it was.
    mutating func forget(_ command: Command) {
        switch command.action {
        case .hangUp, .transfer, .name:
            observations.append(
                .progress(CommandProgress(id: command.id, state: .unknown, cause: CallAct.isAnew)))
        case .dial, .cancel, .find, .update: break
        }
    }
}

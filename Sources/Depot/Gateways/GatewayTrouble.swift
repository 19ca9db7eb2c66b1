public import Model

/// How bad it is with a gateway, by its own word: for lists that show the worst first.
public enum GatewayTrouble: Int64, Sendable {
    case none
    /// Worth a look: a clock that is wrong, a buffer that fills.
    case slight
    /// A reader does not work, nothing is delivered, or `doctor` there warns.
    case wrong
    /// Scans are refused, or something is broken.
    case broken

    public init(of status: JSON) {
        let (buffer, devices) = (status["buffer"], status["devices"]?.list ?? [])
        let severities = (status["findings"]?.list ?? []).compactMap { $0["severity"]?.text }
        if buffer?["trouble"] != nil || severities.contains("broken")
            || devices.contains(where: { $0["notSaved"] != nil })
        {
            self = .broken
        } else if severities.contains("warning") || status["uplink"]?["delivering"]?.truth == false
            || devices.contains(where: { $0["state"]?.text != "ready" })
        {
            self = .wrong
        } else if status["clockOffset"] != nil || buffer?["level"]?.text ?? "roomy" != "roomy" {
            self = .slight
        } else {
            self = .none
        }
    }
}

/// Whether somebody signs when a delivery is closed (`[receiving] signature`).
enum SignatureRule: String, CaseIterable, Sendable {
    /// Nobody is offered to, and a signature is refused.
    case off
    case offered
    /// Nothing is closed without one.
    case required
}

public import ERP

/// A stand-in behind a wire, which may break: at one call and ever after, before or after that call has worked.
public actor OdooPeer {
    public var server: OdooServer
    /// What was asked since the last `revive`.
    public private(set) var requests: [ERPRequest] = []
    private var death: (call: Int, isAfter: Bool)?

    public init(_ server: OdooServer) { self.server = server }

    public func change(_ act: @Sendable (inout OdooServer) -> Void) { act(&server) }

    /// The connector dies at this call, counted from 1: nothing goes through any more.
    public func die(at call: Int, afterEffect isAfter: Bool) { death = (call, isAfter) }

    public func revive() {
        death = nil
        requests = []
    }

    public nonisolated var wire: ERPWire {
        { (request) throws(ERPFault) in try await self.send(request) }
    }

    private func send(_ request: ERPRequest) throws(ERPFault) -> ERPReply {
        requests.append(request)
        if let death, requests.count >= death.call {
            if requests.count == death.call, death.isAfter { _ = server.answer(request) }
            throw ERPFault(.unreachable, "The connector is dead.")
        }
        guard let reply = server.answer(request) else { throw ERPFault(.unknownOutcome, "No answer in time.") }
        return reply
    }
}

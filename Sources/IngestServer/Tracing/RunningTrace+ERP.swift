import ERP
import Followers
import Platform

extension RunningTrace {
    /// One request to the ERP. Its path is not told: what is looked for stands in some.
    func add(_ method: String, of result: Result<ERPReply, ERPFault>, from begun: Int64) {
        let outcome: TraceSpan.Attribute =
            switch result {
            case .success(let reply): .init("http.response.status_code", .integer(Int64(reply.status)))
            case .failure(let fault): .init("error.type", .text(fault.kind.rawValue))
            }
        let isGood = (try? result.get()).map { $0.status < 400 } ?? false
        add(
            method, .client, from: begun, to: Clocks.nanoseconds, isFailure: !isGood,
            [.init("http.request.method", .text(method)), outcome])
    }
}

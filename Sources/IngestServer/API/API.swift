import Depot
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Platform

/// The API under `/api/v1`.
struct API: Sendable {
    static let bodyLimit = 64 * 1024
    /// Largest file an import takes.
    static let importLimit = 16 << 20

    let centre: Centre

    /// Nil where no ERP is configured.
    let erp: ERPLink?

    var endpoints: [Endpoint] {
        people + deliveries + takes + stock + clients + imports + queue + audit + calls + desk + gateways + grants
    }

    private var gateways: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/gateways", "Every agent with its devices and its account", needs: .session,
                answers: .list(GatewayTable.AgentRow.shape.schema)
            ) {
                incoming in
                _ = try incoming.who()
                return .json(.array(try await centre.board.read { try $0.gateways.rows().map(Centre.gateway) }))
            }
        ]
    }

    static let noDelivery = APIProblem(.notFound, "no-such-delivery", "There is no such delivery.")

    /// A text of one line without control characters, 1 to `limit` characters; nil otherwise.
    static func line(_ text: String?, limit: Int) -> String? {
        guard let text else { return nil }
        let clean = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        let trimmed = String(clean.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        return (1...limit).contains(trimmed.count) ? trimmed : nil
    }

    /// A text of several lines, without other control characters.
    static func paragraphs(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F }))
    }
}

extension Board {
    /// Zones of the readers that gateways have.
    func docks() throws -> [String] {
        try read { try $0.gateways.rows() }.flatMap { ($0.status?["devices"]?.list ?? []) }.filter {
            $0["kind"]?.text != "telephony"
        }
        .compactMap { $0["zone"]?.text }
    }
}

import Depot
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// What is wrong, and what to do about it.
struct RepairEndpoints {
    let live: LiveView
    let repairs: Repairs

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/repairs", "What is wrong here and at the gateways, the worst first",
                needs: .right(.gatewaysSee), answers: .list(Repair.shape.schema)
            ) { incoming in
                let person = try incoming.who()
                let reach = person.reach
                let rows = try await live.read { try $0.gateways.rows() }.filter { reach.covers(site: $0.site) }
                var all = Repair.list(of: rows)
                // The centre's own name paths, and people whose channels fail: they are for those who keep it.
                if reach.sites == nil, person.may(.gatewaysCommand) {
                    do { all += try await repairs.own(await live.health.road) } catch {
                        throw APIProblem(
                            .serviceUnavailable, "busy", "Too much is asked of the centre at once; ask again.")
                    }
                }
                return .json(.array(Repair.sorted(all).map { Repair.shape.json($0) }))
            }
        ]
    }
}

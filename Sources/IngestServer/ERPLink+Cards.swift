import Depot
import ERP
import Followers
import Model
import Platform

/// Client cards: what the ERP knows of whoever calls.
extension ERPLink {
    /// A client's affairs as far as they are known, with their age.
    struct Affairs: Sendable {
        enum State: String, Sendable, CaseIterable { case waiting, cached, fresh, failed }

        var card: ERPCard?
        var state: State
        /// When the ERP said it, in Unix milliseconds.
        var at: Int64?
        /// Why there is nothing newer.
        var why: String?
    }

    /// What is known at once; then what the ERP answers. When its time is over before it has, that is said in between.
    nonisolated func affairs(of party: String) -> AsyncStream<Affairs> {
        AsyncStream { sink in
            Task {
                let kept = await self.cards[party]
                sink.yield(Affairs(card: kept?.card, state: kept == nil ? .waiting : .cached, at: kept?.at))
                let timer = Task {
                    try await Task.sleep(for: .milliseconds(ERPLink.cardWait))
                    sink.yield(Affairs(card: kept?.card, state: .failed, at: kept?.at, why: "no answer in time"))
                }
                let answer = await self.ask(party, kept)
                timer.cancel()
                sink.yield(answer)
                sink.finish()
            }
        }
    }

    private func ask(_ party: String, _ kept: (card: ERPCard, at: Int64)?) async -> Affairs {
        do throws(ERPFault) {
            let connector = try connected()
            _ = try await connector.probe()
            let card = try await connector.card(of: party)
            if cards.count >= ERPLink.cardLimit { cards.removeAll() }
            let at = Clocks.wall
            cards[party] = (card, at)
            return Affairs(card: card, state: .fresh, at: at)
        } catch {
            note(error)
            return Affairs(card: kept?.card, state: .failed, at: kept?.at, why: error.sentence)
        }
    }

    // MARK: calls

    /// Cards of calls are filled with what the ERP knows, until another one takes its place.
    func attach() async {
        await live.attach { [weak self] call, party in
            guard let self, let remote = party.erp else { return }
            Task {
                for await affairs in self.affairs(of: remote) {
                    await self.live.client(
                        party.id, on: call, plain: ERPCardView.json(affairs, root: self.settings.url, mayPrices: false),
                        withPrices: ERPCardView.json(affairs, root: self.settings.url, mayPrices: true))
                }
            }
        }
    }
}

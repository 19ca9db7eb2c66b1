import Depot
import Platform

/// Screens of docks that wait for a badge, and what readers see meanwhile (`ScreenQueue` decides): each question waits some seconds, and holds
/// a connection for that, never a thread.
final class ScreenDoor: Sendable {
    /// How long a question waits for a badge: shorter than proxies do.
    static let patience: Duration = .seconds(25)

    struct Counts: Sendable {
        var opened: UInt64 = 0
        var refused: UInt64 = 0
        var strangers: UInt64 = 0
        var unused: UInt64 = 0
    }

    private struct Inside {
        var queue = ScreenQueue()
        var asking: [UInt64: CheckedContinuation<ScreenQueue.Shown, Never>] = [:]
        var counts = Counts()

        mutating func take(_ answer: ScreenQueue.Answer) -> (
            CheckedContinuation<ScreenQueue.Shown, Never>, ScreenQueue.Shown
        )? {
            asking.removeValue(forKey: answer.number).map { ($0, answer.shown) }
        }
    }

    private let writer: Writer
    private let inside = Locked(Inside())

    init(writer: Writer) { self.writer = writer }

    var counts: Counts { inside.with { $0.counts } }
    var waiting: Int { inside.with { $0.asking.count } }

    func count(_ change: (inout Counts) -> Void) { inside.with { change(&$0.counts) } }

    /// Returns when something was shown there, or nothing was for a while.
    func wait(for screen: Int64) async -> ScreenQueue.Shown {
        let now = Clocks.wall
        let number = Locked<UInt64?>(nil)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answers = inside.with { inside in
                    let (asked, answers) = inside.queue.wait(for: screen, at: now)
                    inside.asking[asked] = continuation
                    number.with { $0 = asked }
                    return answers.compactMap { inside.take($0) }
                }
                for (other, shown) in answers { other.resume(returning: shown) }
                guard let asked = number.with({ $0 }) else { return }
                if Task.isCancelled { end(asked, of: screen, isBack: false) }
                Task { [weak self] in
                    try? await Task.sleep(for: ScreenDoor.patience)
                    self?.end(asked, of: screen, isBack: true)
                }
            }
        } onCancel: {
            if let asked = number.with({ $0 }) { end(asked, of: screen, isBack: false) }
        }
    }

    private func end(_ number: UInt64, of screen: Int64, isBack: Bool) {
        let taken = inside.with { inside in
            inside.queue.end(number, of: screen, isBack: isBack, at: Clocks.wall).flatMap { inside.take($0) }
        }
        taken.map { $0.0.resume(returning: $0.1) }
    }

    /// It is bound no more.
    func forget(_ screen: Int64) {
        let taken = inside.with { inside in inside.queue.forget(screen).flatMap { inside.take($0) } }
        taken.map { $0.0.resume(returning: $0.1) }
    }

    /// A reader saw something where a screen is bound.
    func show(_ read: BadgeRead) {
        let (fate, taken) = inside.with { inside in
            let fate = inside.queue.show(read, at: Clocks.wall)
            switch fate {
            case .answer(let answer):
                if answer.shown == .stranger { inside.counts.strangers += 1 }
                return (fate, inside.take(answer))
            case .unused where read.badge != nil: inside.counts.unused += 1
            case .unused, .kept: break
            }
            return (fate, nil)
        }
        taken.map { $0.0.resume(returning: $0.1) }
        guard case .unused(because: let why?) = fate else { return }
        writer.post { try $0.screens.unused(at: read.zone, because: why, at: $1) }
    }
}

import Depot
import Model
import Platform
import SQLite
import ServiceLifecycle

/// Looks at the database now and then: voids commands nobody took up, reminds, forgets what is too old, and feeds systemd's watchdog
/// with its answer.
struct Housekeeping: Service {
    let wiring: Wiring
    private var writer: Writer { wiring.writer }
    private var live: LiveView { wiring.live }

    init(_ wiring: Wiring) { self.wiring = wiring }

    func run() async throws {
        let period = min(Supervisor.watchdogPeriod ?? 1000, 1000)
        await cancelWhenGracefulShutdown {
            var forgotten: Instant?
            var (trimming, watching, rolling) = (
                Pace(.seconds(10), after: Clocks.now), Pace(.seconds(300)), Pace(.seconds(5))
            )
            while !Task.isCancelled {
                await live.expireCalls()
                await live.endSessions()
                await wiring.intake.publishConfigurations()
                await wiring.goods.tell()
                // It reads what each gateway said.
                if rolling.isDue(at: Clocks.now) { await wiring.orders.rollOut() }
                wiring.intake.take(statuses: [])
                await writer.attempt { try $0.receiving.forgetStrays(at: $1) }
                await writer.attempt { try $0.signIn.tellRefusals(at: $1) }
                await writer.attempt { _ = try $0.inbox.lookAround(at: $1) }
                await wiring.personal.write(by: writer)
                if trimming.isDue(at: Clocks.now) {
                    await writer.attempt { desks, _ in desks.releaseMemory() }
                    await live.read { $0.releaseMemory() }
                    giveMemoryBack()
                }
                if watching.isDue(at: Clocks.now) { await watch() }
                if forgotten.map({ Clocks.now - $0 > .seconds(3600) }) ?? true {
                    await writer.attempt { try $0.notices.watchCounts(at: $1) }
                    do {
                        // A few at a time: what arrives meanwhile goes in between.
                        // As long as nothing else is said they are counted where they come in.
                        if wiring.forgetting.rules[.pageScans] == Retention.pageScans.usualDays {
                            while !Task.isCancelled, try await wiring.intake.forgetPageScans() > 0 {}
                        }
                        try await wiring.forgetting.pass(writer)
                        while !Task.isCancelled, try await writer.run({ try $0.counting.forgetBooks(at: $1) }) {}
                        while !Task.isCancelled, try await writer.run({ try $0.store.deliveries.forgetPhotos(at: $1) })
                        {}
                        forgotten = Clocks.now
                    } catch { await writer.failed(error) }
                }
                do {
                    try await tellReminders()
                    try await wiring.orders.expire()
                    Supervisor.notify("WATCHDOG=1")
                } catch {
                    await writer.failed(error)
                    // A server that is away is no centre that hangs.
                    if (error as? SQLiteError)?.state != nil { Supervisor.notify("WATCHDOG=1") }
                }
                try? await Task.sleep(for: .milliseconds(period))
            }
        }
        await wiring.personal.write(by: writer, isLast: true)
        Supervisor.notify("STOPPING=1")
    }

    /// What nobody does and yet somebody should know.
    private func watch() async {
        let ends = keyEnds()
        let look = FindingsWatch(
            own: try? await wiring.repairs.own(await live.health.road),
            gateways: await live.read { try? $0.gateways.rows() })
        await writer.attempt { desks, now in
            let notices = desks.notices
            try notices.watchDeliveries(
                at: now, SiteTime(now), today: SiteTime.date(now),
                oldest: SiteTime.date(now - NoticeDesk.overdueDays * 86_400_000))
            try notices.watchTags(at: now)
            try notices.watchKeys(ends, at: now)
            try notices.watchFindings(look.standing, isUnseen: look.isUnseen, at: now)
        }
    }

    /// Certificates as the doctor sees them.
    private func keyEnds() -> [KeyEnd] {
        Probes.certificates(wiring.present.with { $0 }).compactMap { certificate in
            certificate.ends.map { KeyEnd(name: "\(certificate.subject) \(certificate.path)", end: $0) }
        }
    }

    /// Tells whose time has come. Written before it is told: a restart in between tells nobody twice, and whoever opens a page finds it
    /// in the list.
    private func tellReminders() async throws {
        for reminder in try await writer.run({ try $0.reminders.due(at: $1) }) {
            let isThere = await live.isThere(reminder.user)
            let told = try await writer.run { try $0.reminders.tell(reminder, isTeams: !isThere, at: $1) }
            if let told { await live.tell(told) }
        }
    }
}

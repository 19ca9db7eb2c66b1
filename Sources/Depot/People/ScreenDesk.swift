/// Binds screens to docks, and ends that.
public struct ScreenDesk {
    public enum Refusal: Error, Equatable, Sendable {
        case tooMany
        /// That reader has a screen: a badge would open two.
        case taken(String)
    }

    let store: Store

    public init(_ store: Store) { self.store = store }

    /// The browser that asks is the screen from now on. `digest` is of the secret that it is given, once.
    public func bind(
        _ name: String, zone: String, device: String?, secret digest: String, by author: Author, at now: Int64
    ) throws -> Screen {
        try store.transaction {
            let all = try store.screens.all()
            guard all.count < Screen.limit else { throw Refusal.tooMany }
            if let other = all.first(where: { $0.zone == zone && $0.device == device }) {
                throw Refusal.taken(other.name)
            }
            var screen = Screen(id: 0, name: name, zone: zone, device: device, created: now, who: author.who)
            screen.id = try store.screens.add(screen, secret: digest)
            try store.tell(Fact(.screenBound, name, device.map { "\(zone), \($0)" } ?? zone), by: author, at: now)
            return screen
        }
    }

    /// Nil where there is none; else the digests of the sessions that ended with it.
    public func end(_ id: Int64, by author: Author, at now: Int64) throws -> [String]? {
        try store.transaction {
            guard let screen = try store.screens.screen(id) else { return nil }
            let sessions = try store.screens.remove(id)
            try store.tell(Fact(.screenEnded, screen.name, screen.zone), by: author, at: now)
            return sessions
        }
    }

    /// A badge was read at a dock, and opened nothing: the trail says that, and not whose it was.
    public func unused(at zone: String, because why: String, at now: Int64) throws {
        try store.transaction {
            try store.tell(Fact(.badgeUnused, zone, why), by: Author("-", station: zone), at: now)
        }
    }

    /// It stands at its sign-in. One that comes from another address than before is told: its secret may have been taken away.
    public func use(_ screen: Screen, from source: String, at now: Int64) throws {
        let source = SignInSource.counted(source)
        let isElsewhere = screen.source.map { $0 != source } ?? false
        let isDue = screen.used.map { now - $0 >= Screen.usePause || now < $0 } ?? true
        guard isDue || isElsewhere else { return }
        try store.transaction {
            if isElsewhere, isDue {
                try store.tell(
                    Fact(.screenMoved, screen.name, "\(screen.source ?? "-") → \(source)"),
                    by: Author("-", station: screen.zone), at: now)
            }
            try store.screens.use(screen.id, from: source, at: now)
        }
    }
}

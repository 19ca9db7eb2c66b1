public import Model

/// How pages were told of what changes all the time, such as a delivery that is being counted: what changed since is told next. A
/// value.
public struct ToldViews: Sendable {
    /// Subjects of which is remembered how they were told last; of others only the sums are told, and the lines are asked for.
    static let limit = 32

    private var views: [PageTopic: ToldView] = [:]
    /// The one told last at the end.
    private var order: [PageTopic] = []

    public init() {}

    /// Of what something is remembered.
    public var topics: some Collection<PageTopic> { views.keys }

    /// What a page that has followed is told; nil where it would be no more than before. One that is open will be told again.
    public mutating func message(
        _ kind: PageMessage.Kind, _ view: JSON, of topic: PageTopic, at place: PageMessage.Place = .anywhere,
        isOpen: Bool
    ) -> PageMessage? {
        let before = views[topic]
        let now = ToldView(view)
        views[topic] = isOpen ? now : nil
        order.removeAll { $0 == topic }
        if isOpen { order.append(topic) }
        if order.count > ToldViews.limit { views[order.removeFirst()] = nil }
        return before == now ? nil : PageMessage(kind, Patch.of(view, since: before), at: place)
    }
}

/// What changed and is not told yet, each once, in the order of the first change.
public struct DueTopics: Sendable {
    private var topics: [PageTopic] = []
    private var known: Set<PageTopic> = []

    public init() {}

    public var isEmpty: Bool { topics.isEmpty }

    public mutating func add(_ changed: [PageTopic]) {
        for topic in changed where known.insert(topic).inserted { topics.append(topic) }
    }

    /// All of them; then nothing is due.
    public mutating func take() -> [PageTopic] {
        let taken = topics
        self = DueTopics()
        return taken
    }
}

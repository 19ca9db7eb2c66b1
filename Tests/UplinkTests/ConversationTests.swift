import Model
import Testing
import Uplink

/// What is said to the centre, and when, without sockets, disks and clocks.
struct ConversationTests {
    /// A shell that remembers what it was asked.
    struct Desk: UplinkShell {
        var now = Instant.milliseconds(1000)
        var wall: Int64 = 1_800_000_000_000
        var buffer: Outbox.Status
        var isPressed = false
        /// The connection is full.
        var takesNothing = false
        /// A disk that refuses a new epoch.
        var keepsEpoch = false
        var said: [String] = []
        var orders: [(Command, until: Instant)] = []

        init(rows: UInt64 = 0) {
            buffer = Outbox.Status()
            buffer.epoch = 7
            buffer.boot = Boot(counter: 3, random: 9)
            grow(by: rows)
        }

        mutating func grow(by rows: UInt64) {
            buffer.next += rows
            buffer.account.produced += rows
            buffer.account.pending += rows
        }

        mutating func publish(_ message: Conversation.Message) -> Bool {
            guard !takesNothing else { return false }
            switch message {
            case .hello(let hello): said.append("hello \(hello.epoch) \(hello.bulk.lowest)…\(hello.bulk.highest)")
            case .frame: said.append("frame")
            case .urgent(let message, let ttl, _): said.append("\(message.type) for \(ttl) s")
            }
            return true
        }

        mutating func perform(_ step: Conversation.Step) {
            switch step {
            case .subscribe: said.append("subscribe")
            case .forget(let last, _): said.append("forget \(last)")
            case .reissue:
                said.append("reissue")
                if !keepsEpoch { (buffer.epoch, buffer.next) = (buffer.epoch + 1, 1) }
            case .delivering(let first): said.append("delivering \(first)")
            case .obey(let command, let until): orders.append((command, until))
            case .configure: said.append("configure")
            case .status: said.append("status")
            case .part: said.append("part")
            }
        }

        mutating func frame(epoch: UInt64, from first: UInt64, count: Int) -> Frame? {
            let rows = min(UInt64(count), buffer.next - first)
            guard rows > 0 else { return nil }
            return Frame(
                epoch: epoch, lane: .bulk, first: first, count: Int(rows), boot: buffer.boot, origin: 0, synced: true,
                codec: .plain, crc: 0, body: [])
        }

        mutating func refresh() {}
        func wrote(_ boot: Boot, seq: UInt64) -> Bool { boot == buffer.boot }

        /// What was said since the last time.
        mutating func heard() -> [String] {
            defer { said = [] }
            return said
        }
    }

    static func welcome(_ cumulative: UInt64 = 0, epoch: UInt64 = 7) -> Ack {
        Ack(epoch: epoch, lane: .bulk, cumulative: cumulative, hello: 42)
    }

    /// Connected, greeted and answered.
    static func open(_ desk: inout Desk) -> Conversation {
        var conversation = Conversation(buffer: desk.buffer, nonce: 42)
        for event in [.up(.urgent), .up(.bulk), .presence(instance: "a", lives: true), .ack(welcome())]
            as [Conversation.Event]
        {
            conversation.take(event, &desk)
        }
        conversation.turn(&desk)
        _ = desk.heard()
        return conversation
    }

    @Test func nothingGoesBeforeTheCentreIsKnownToLive() {
        var desk = Desk(rows: 3)
        var conversation = Conversation(buffer: desk.buffer, nonce: 42)
        conversation.post(.call("1"), type: "quai.call", data: .null, life: .seconds(30), at: desk.now)
        conversation.take(.up(.urgent), &desk)
        conversation.take(.up(.bulk), &desk)
        conversation.turn(&desk)
        #expect(desk.heard() == ["subscribe", "status"])
        conversation.take(.presence(instance: "a", lives: true), &desk)
        conversation.turn(&desk)
        #expect(desk.heard() == ["hello 7 1…3", "quai.call for 30 s"])
        conversation.take(.ack(Self.welcome()), &desk)
        conversation.turn(&desk)
        #expect(desk.heard() == ["delivering 1", "frame"])
    }

    @Test func callsGoBeforeScansAndScansInShares() {
        var desk = Desk()
        var conversation = Self.open(&desk)
        desk.grow(by: 100_000)
        conversation.post(.call("1"), type: "quai.call", data: .null, life: .seconds(30), at: desk.now)
        desk.isPressed = true
        conversation.turn(&desk)
        #expect(desk.heard() == ["quai.call for 30 s", "frame"])
        #expect(conversation.hasMore)
        desk.isPressed = false
        conversation.turn(&desk)
        #expect(desk.heard().count { $0 == "frame" } == Conversation.burst)
    }

    @Test func whatTheConnectionDoesNotTakeIsSentLater() {
        var desk = Desk()
        var conversation = Self.open(&desk)
        desk.grow(by: 1)
        conversation.post(.call("1"), type: "quai.call", data: .null, life: .seconds(30), at: desk.now)
        desk.takesNothing = true
        conversation.turn(&desk)
        desk.takesNothing = false
        conversation.turn(&desk)
        #expect(desk.heard().filter { $0 != "status" } == ["quai.call for 30 s", "frame"])
    }

    @Test func scansWaitWhileTheLastInstanceIsGone() {
        var desk = Desk()
        var conversation = Self.open(&desk)
        conversation.take(.presence(instance: "b", lives: true), &desk)
        conversation.take(.ack(Self.welcome()), &desk)
        conversation.take(.presence(instance: "a", lives: false), &desk)
        desk.grow(by: 1)
        conversation.turn(&desk)
        #expect(desk.heard().contains("frame"), "b lives")
        conversation.take(.presence(instance: "b", lives: false), &desk)
        conversation.turn(&desk)
        desk.now = desk.now + .seconds(10)
        conversation.turn(&desk)
        #expect(!desk.heard().contains { $0.hasPrefix("frame") || $0.hasPrefix("hello") })
        conversation.take(.presence(instance: "b", lives: true), &desk)
        #expect(desk.heard() == ["hello 7 1…1"])
    }

    @Test func whatNobodyHeardIsGreetedAgainAfterAPause() {
        var desk = Desk()
        var conversation = Self.open(&desk)
        conversation.take(.unheard, &desk)
        conversation.turn(&desk)
        #expect(!desk.heard().contains { $0.hasPrefix("hello") })
        #expect(conversation.deadline.map { $0 <= desk.now + Conversation.greetingPause } == true)
        desk.now = desk.now + Conversation.greetingPause
        conversation.turn(&desk)
        #expect(desk.heard().contains("hello 7 1…0"))
    }

    @Test func aBusyDockTellsHowItIsAtMostEveryTwoSeconds() {
        var desk = Desk()
        var conversation = Self.open(&desk)
        var statuses = 0
        for _ in 0..<100 {
            desk.now = desk.now + .milliseconds(100)
            desk.wall += 100
            desk.grow(by: 1)
            conversation.turn(&desk)
            statuses += desk.heard().count { $0 == "status" }
        }
        #expect(statuses == 5)
        for _ in 0..<59 {
            desk.now = desk.now + .seconds(1)
            desk.wall += 1000
            conversation.turn(&desk)
            statuses += desk.heard().count { $0 == "status" }
        }
        #expect((6...8).contains(statuses), "then with the heartbeat alone")
    }

    @Test func aClockThatIsSetIsToldTwice() {
        var desk = Desk()
        var conversation = Self.open(&desk)
        func second() -> Int {
            desk.now = desk.now + .seconds(1)
            desk.wall += 1000
            conversation.turn(&desk)
            return desk.heard().count { $0 == "status" }
        }
        #expect((0..<10).reduce(0) { count, _ in count + second() } == 0)
        desk.wall += 3_600_000
        #expect((0..<10).reduce(0) { count, _ in count + second() } == 2)
    }

    @Test func aCommandIsVoidByTheClockOfWhoClicked() throws {
        var desk = Desk()
        var conversation = Self.open(&desk)
        // The centre is an hour ahead.
        var ack = Self.welcome()
        ack.time = desk.wall + 3_600_000
        conversation.take(.ack(ack), &desk)
        let command = Command(id: "c1", action: .cancel(command: "c0"), issued: ack.time - 4000, ttl: 10)
        conversation.take(.command(command), &desk)
        #expect(desk.orders.first?.until == desk.now + .seconds(6))
    }

    @Test func aCopyThatIsToldToStopSaysNothingMore() {
        var desk = Desk(rows: 5)
        var conversation = Self.open(&desk)
        var cloned = Self.welcome()
        cloned.verdict = .cloned
        conversation.take(.ack(cloned), &desk)
        #expect(desk.heard() == ["part"])
        #expect(conversation.isStopped && conversation.deadline == nil && !conversation.hasMore)
        conversation.post(.call("1"), type: "quai.call", data: .null, life: .seconds(30), at: desk.now)
        conversation.take(.presence(instance: "b", lives: true), &desk)
        desk.now = desk.now + .seconds(60)
        conversation.turn(&desk)
        #expect(desk.heard() == [])
    }

    @Test func aBufferThatIsOlderThanTheCentreKnowsStartsAnew() {
        var desk = Desk(rows: 5)
        var conversation = Conversation(buffer: desk.buffer, nonce: 42)
        for event in [.up(.urgent), .up(.bulk), .presence(instance: "a", lives: true)] as [Conversation.Event] {
            conversation.take(event, &desk)
        }
        desk.keepsEpoch = true
        _ = desk.heard()
        conversation.take(.ack(Self.welcome(9)), &desk)
        #expect(desk.heard() == ["reissue"])
        // The disk refused: again with the next greeting.
        desk.keepsEpoch = false
        desk.now = desk.now + Conversation.greetingPause
        conversation.turn(&desk)
        #expect(desk.heard().first == "hello 7 1…5")
        conversation.take(.ack(Self.welcome(9)), &desk)
        #expect(desk.heard() == ["reissue", "hello 8 1…0"])
    }
}

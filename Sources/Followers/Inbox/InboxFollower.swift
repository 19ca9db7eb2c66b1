public import Depot
import Model

/// Follows the ledger into people's inboxes: whom a fact concerns, and what it is called. Which facts: `NoticeType`.
public struct InboxFollower: Follower, Sendable {
    public static let name = "inbox"

    let teams: [CallRouting.Team]
    /// How the site of an agent writes telephone numbers.
    let plan: @Sendable (_ agent: String) -> NumberPlan

    public init(
        teams: [CallRouting.Team] = [],
        plan: @escaping @Sendable (_ agent: String) -> NumberPlan = { _ in NumberPlan() }
    ) { (self.teams, self.plan) = (teams, plan) }

    public func follow(_ entry: Entry, in store: Store) throws {
        guard !entry.isErased else { return }
        try settle(entry, store)
        guard let type = InboxFollower.type(of: entry.fact.kind) else { return }
        // Every call that ends is asked about, few of them concern anybody.
        guard type != .unknownNumber else { return try unknown(entry, store) }
        let people = try People(store, teams)
        switch type {
        case .callMissed, .callBackDue: try call(type, entry, people, store)
        default:
            guard let new = try words(type, entry, store) else { return }
            let place = try InboxFollower.place(of: new.type, entry, store)
            for user in people.concerned(by: new.type, entry, at: place) {
                try store.inbox.add(new, to: user, of: entry)
            }
        }
    }

    /// What somebody has seen to, or has gone, nobody need read.
    private func settle(_ entry: Entry, _ store: Store) throws {
        let subject = entry.fact.subject
        switch entry.fact.kind {
        case .gatewayOnline, .gatewayForgotten:
            try store.inbox.settle([.gatewayOffline], subject: subject, at: entry.at)
        case .missedDone: try store.inbox.settle([.callMissed], subject: subject, at: entry.at)
        case .callEnded: try store.inbox.settle(missedLike: subject, at: entry.at)
        case .partyCreated, .numberAttached:
            if let party = Int64(subject) { try store.inbox.settle(unknownOf: party, at: entry.at) }
        case .deliveryOpened: try store.inbox.settle([.receiptOverdue], subject: "delivery-\(subject)", at: entry.at)
        case .reminderDone: try store.inbox.settle([.callBackDue], subject: subject, at: entry.at)
        case .deliveryClosed, .deliveryPostponed:
            try store.inbox.settle([.receiptStarted], subject: subject, at: entry.at)
        case .deliveryReopened:
            try store.inbox.settle([.receiptCompleted, .receiptDiscrepancy], subject: subject, at: entry.at)
        case .deliveryProposalAccepted, .deliveryProposalRefused:
            guard let id = Int64(subject), try store.deliveries.view(id)?.proposals.isEmpty ?? true else { return }
            try store.inbox.settle([.receiptProposed], subject: subject, at: entry.at)
        case .noticeDone:
            try store.inbox.settle(
                [
                    .lowStock, .countDue, .pushFailed, .erpConflict, .webhookDisabled, .receiptOverdue, .unknownTag,
                    .readerFault, .bufferFilling, .keyExpiring, .finding,
                ],
                subject: try store.inbox.subject(ofNotice: subject, doneAt: entry.at),
                at: entry.at)
        case .rolloutResumed, .rolloutAbandoned:
            try store.inbox.settle([.rolloutStopped], subject: subject, at: entry.at)
        case .userRights, .userScope:
            try withdraw(from: [subject], isScoped: entry.fact.kind == .userScope, store)
        case .roleSet:
            let holders = Set(try store.roles.holders(of: subject))
            try withdraw(
                from: store.people.users().filter { holders.contains($0.id) }.map(\.name), isScoped: false, store)
        default: break
        }
    }

    /// What they may see no more. Of another scope is not known what it leaves of what they were told: all that stands somewhere goes.
    private func withdraw(from names: [String], isScoped: Bool, _ store: Store) throws {
        // Where nobody has a password yet, everybody has every right.
        guard try !store.people.isOpenHouse() else { return }
        for name in names {
            guard let user = try store.people.user(name: name) else { continue }
            let lost = NoticeType.allCases.filter { type in
                if isScoped, type.isPlaced { return true }
                if let need = type.needs, !user.permissions.contains(need) { return true }
                return if case .holders(let right) = type.audience { !user.permissions.contains(right) } else { false }
            }
            try store.inbox.withdraw(lost, of: user.id)
        }
    }

    // MARK: what it is called

    /// As the fact alone says it; a count is news only where it found something else than the book.
    private static func type(of fact: Fact.Kind) -> NoticeType? {
        fact == .takePosted ? .countDiscrepancy : NoticeType(of: fact)
    }

    /// Of a paper's lines what did not come, what came too much, and what was damaged; nil where all is right, or nobody announced
    /// anything.
    private func differences(_ id: Int64, _ store: Store) throws -> String? {
        guard let view = try store.deliveries.view(id), view.lines.contains(where: { $0.expected > 0 }) else {
            return nil
        }
        var (missing, extra, damaged) = (Quantity(0), Quantity(0), Quantity(0))
        for line in view.lines {
            missing += line.missing
            extra += line.extra
            damaged += line.damaged
        }
        let parts = [
            missing > 0 ? "−\(missing)" : nil, extra > 0 ? "+\(extra)" : nil, damaged > 0 ? "⚠ \(damaged)" : nil,
        ]
        let told = parts.compactMap(\.self)
        return told.isEmpty ? nil : "(\(told.joined(separator: ", ")))"
    }

    private func words(_ type: NoticeType, _ entry: Entry, _ store: Store) throws -> InboxTable.New? {
        let subject = entry.fact.subject
        var (type, words) = (type, ["subject": subject, "site": entry.site ?? ""])
        var link = type.page
        switch type {
        case .receiptStarted, .receiptCompleted, .receiptProposed:
            guard let id = Int64(subject), let title = try store.deliveries.title(of: id) else { return nil }
            (words["subject"], words["body"]) = (title.note, title.supplier)
            if type == .receiptCompleted, let differences = try differences(id, store) {
                (type, words["detail"]) = (.receiptDiscrepancy, differences)
            }
            link = "/receiving?ref=\(id)"
        case .countDiscrepancy:
            guard let id = Int64(subject), let view = try store.takes.view(id), view.differences > 0 else { return nil }
            (words["subject"], words["detail"]) = (view.zone, "(\(view.differences))")
        case .lowStock:
            let data = try store.inbox.data(ofNotice: entry.fact)
            if let name = data?["description"]?.text { words["subject"] = name }
            if let left = data?["quantity"].flatMap({ Quantity($0) }),
                let minimum = data?["minimum"].flatMap({ Quantity($0) })
            {
                words["detail"] = "\(left) / \(minimum)"
            }
            link = "/find?ref=product:\(InboxFollower.escaped(subject))"
        case .pushFailed:
            let data = try store.inbox.data(ofNotice: entry.fact)
            if let title = data?["title"]?.text { words["subject"] = title }
            words["body"] = data?["sentence"]?.text
            // It says that somebody changed it there: nobody need ask what is wrong with it.
            if data?["fault"]?.text == "conflict" { type = .erpConflict }
        case .receiptExpected: words["detail"] = entry.fact.detail
        case .receiptOverdue:
            let data = try store.inbox.data(ofNotice: entry.fact)
            if let note = data?["note"]?.text { words["subject"] = note }
            words["body"] = [data?["supplier"]?.text, data?["expected"]?.text].compactMap(\.self)
                .filter { !$0.isEmpty }.joined(separator: ", ")
            link = "/receiving?ref=\(subject.dropFirst(9))"
        case .unknownTag:
            let data = try store.inbox.data(ofNotice: entry.fact)
            words["subject"] = data?["zone"]?.text ?? subject
            words["detail"] = data?["count"]?.integer.map { "(\($0))" }
        case .readerFault:
            let data = try store.inbox.data(ofNotice: entry.fact)
            words["body"] = data?["sentence"]?.text
        case .bufferFilling:
            let data = try store.inbox.data(ofNotice: entry.fact)
            words["subject"] = data?["agent"]?.text ?? subject
            words["detail"] = data?["share"]?.integer.map { "\($0) %" }
            words["body"] = data?["sentence"]?.text
        case .keyExpiring:
            let data = try store.inbox.data(ofNotice: entry.fact)
            words["subject"] = data?["name"]?.text ?? subject
            words["detail"] = data?["ends"]?.integer.flatMap(Day.text(ofUnix:))
        case .finding, .findingOver:
            // Of its end is known what was told of its beginning.
            let data = try store.inbox.data(ofNotice: Fact(.findingNoticed, subject))
            let about = data?["about"]?.text.map { "(\($0))" }
            (words["subject"], words["code"]) = (data?["agent"]?.text ?? "Quai", data?["code"]?.text)
            if type == .finding {
                (words["detail"], words["body"]) = (about, data?["sentence"]?.text)
            } else {
                words["detail"] = [about, entry.fact.detail].compactMap(\.self)
                    .joined(separator: ", ")
            }
        case .reportGenerated: words["subject"] = entry.fact.detail
        case .webhookDisabled:
            let data = try store.inbox.data(ofNotice: entry.fact)
            if let name = data?["name"]?.text { words["subject"] = name }
            words["body"] = data?["sentence"]?.text
        case .signIns:
            words["detail"] = entry.fact.detail
            if NoticeType.signInFacts.contains(entry.fact.kind) { words["case"] = entry.fact.kind.rawValue }
        case .rolloutStopped: words["detail"] = entry.fact.detail
        case .announcement:
            words["detail"] = entry.fact.detail
            words["subject"] = nil
        default: break
        }
        return InboxTable.New(type, subject, words.filter { !$0.value.isEmpty }, link: link)
    }

    /// As a query of an address carries it (RFC 3986, 3.4): what is not unreserved is escaped.
    static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { address, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                address.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                address += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
    }

    /// Where what it tells of stands.
    private static func place(of type: NoticeType, _ entry: Entry, _ store: Store) throws -> PageMessage.Place {
        switch type {
        case .receiptStarted, .receiptCompleted, .receiptDiscrepancy, .receiptProposed:
            .zone(try Int64(entry.fact.subject).flatMap { try store.deliveries.zone(of: $0) })
        case .countDiscrepancy: .zone(try Int64(entry.fact.subject).flatMap { try store.takes.zone(of: $0) })
        case .countDue: .zone(entry.fact.subject)
        case .unknownTag, .readerFault: .zone(try store.inbox.data(ofNotice: entry.fact)?["zone"]?.text)
        case .bufferFilling:
            .site(
                try store.inbox.data(ofNotice: entry.fact)?["agent"]?.text.flatMap {
                    try store.gateways.agent(named: $0)?.site
                })
        case .finding, .findingOver:
            .site(
                try store.inbox.data(ofNotice: Fact(.findingNoticed, entry.fact.subject))?["agent"]?.text.flatMap {
                    try store.gateways.agent(named: $0)?.site
                })
        case .gatewayOffline, .gatewayOnline: .site(try store.gateways.agent(named: entry.fact.subject)?.site)
        default: .anywhere
        }
    }

    // MARK: calls

    /// Somebody answered a number that is no client's: they are told once in its life, and may add it.
    private func unknown(_ entry: Entry, _ store: Store) throws {
        guard let row = try store.calls.row(entry.fact.subject), row.snapshot.direction == .inbound,
            let key = row.key, key != "withheld", let number = row.snapshot.caller?.number,
            [.subscriber].contains(plan(row.agent).number(number).kind), try store.parties.rows(key: key).isEmpty
        else { return }
        let people = try People(store, teams)
        let answered = Set(row.snapshot.answeredBy.flatMap { people.routing.claimants(of: $0) })
        let new = InboxTable.New(
            .unknownNumber, row.snapshot.call, try words(of: row, people, store), link: NoticeType.unknownNumber.page)
        for user in people.all where answered.contains(user.id) && people.may(user, .callsSee) {
            guard try !store.inbox.knows(unknown: key, user: user.id) else { continue }
            try store.inbox.add(new, to: user.id, of: entry)
        }
    }

    private func call(_ type: NoticeType, _ entry: Entry, _ people: People, _ store: Store) throws {
        guard let row = try store.calls.row(entry.fact.subject) else { return }
        let snapshot = row.snapshot
        let team = teams.first { CallScope(desks: $0.desks, queues: $0.queues).missed(snapshot) }?.name
        let new = InboxTable.New(
            type, snapshot.call, try words(of: row, people, store), link: type.page, team: team,
            isOnce: type == .callMissed)
        if type == .callMissed {
            // Its record may come after that of the conversation that settled it.
            guard row.missed?.isOpen ?? false else { return }
            for user in people.all where people.routing.shared(user.id).missed(snapshot) {
                try store.inbox.add(new, to: user.id, of: entry)
            }
            return
        }
        let isTeams = try store.reminders.rows(ofCall: entry.fact.subject).contains {
            $0.who == entry.author.who && $0.isTeams && $0.doneBy == nil
        }
        for user in people.all
        where user.name == entry.author.who && people.may(user, .callsSee)
            || isTeams && people.routing.shared(user.id).covers(snapshot)
        {
            try store.inbox.add(new, to: user.id, of: entry)
        }
    }

    /// Who called, or was called: the client, a colleague, the name that the network showed; and the number.
    private func words(of row: CallRow, _ people: People, _ store: Store) throws -> [String: String] {
        let snapshot = row.snapshot
        let raw = snapshot.direction == .outbound ? snapshot.called : snapshot.caller?.number
        let number = raw.map { plan(row.agent).number($0) }
        var who: String?
        if let key = row.key, key != "withheld" {
            let names = Set(
                try store.parties.rows(key: key).map { $0.company.isEmpty ? $0.name : $0.company }.filter {
                    !$0.isEmpty
                })
            if names.count == 1 { who = names.first }
        }
        if snapshot.direction == .internal { who = raw.map { people.routing.label($0) } }
        who = who ?? (snapshot.direction == .outbound ? nil : snapshot.caller?.name)
        let shown = number?.display
        return ["detail": who ?? shown, "body": who == nil ? nil : shown].compactMapValues { $0 }.filter {
            !$0.value.isEmpty
        }
    }

    /// Everybody who can sign in, and who answers for whose telephone.
    private struct People {
        let all: [PeopleTable.UserRow]
        let routing: CallRouting
        private let isOpenHouse: Bool
        /// Of those who do not see everything.
        private let reaches: [Int64: Reach]

        init(_ store: Store, _ teams: [CallRouting.Team]) throws {
            let isOpenHouse = try store.people.isOpenHouse()
            self.isOpenHouse = isOpenHouse
            all = try store.people.users().filter {
                !$0.isDisabled && (isOpenHouse || $0.password != nil || $0.pin != nil || $0.hasBadge)
            }
            var routing = CallRouting(teams: teams)
            for (user, desk) in try store.people.desks() { routing.desks[user] = desk }
            for user in all { routing.names[user.id] = user.name }
            routing.limits = isOpenHouse ? [:] : RoleTable.callLimits(all)
            reaches = Dictionary(
                uniqueKeysWithValues: isOpenHouse
                    ? []
                    : try all.filter { !$0.scope.isEverything }.map { ($0.id, try store.roles.reach(of: $0.scope)) })
            self.routing = routing
        }

        func may(_ user: PeopleTable.UserRow, _ permission: Permission?) -> Bool {
            isOpenHouse || permission.map(user.permissions.contains) ?? true
        }

        private func reaches(_ user: PeopleTable.UserRow, _ place: PageMessage.Place) -> Bool {
            guard let reach = reaches[user.id] else { return true }
            return switch place {
            case .anywhere: true
            case .zone(let zone): reach.covers(zone: zone)
            case .site(let site): reach.covers(site: site)
            }
        }

        /// Nobody is told what they did themselves, nor what they may not see.
        func concerned(by type: NoticeType, _ entry: Entry, at place: PageMessage.Place) -> [Int64] {
            let isTest = entry.fact.kind == .noticeTested
            return all.filter { user in
                if isTest { return user.name == entry.fact.subject }
                guard may(user, type.needs), reaches(user, place) else { return false }
                switch type.audience {
                case .person: return user.name == entry.fact.subject
                case .everybody: return user.name != entry.author.who
                case .holders(let right): return may(user, right)
                case .team: return false
                }
            }.map(\.id)
        }
    }
}

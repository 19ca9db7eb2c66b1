/// What a person may do, as `resource.action`. Which role may what: `Role.table`. Two words are older than the roles and carry
/// others (`carried`), so that whoever was given them may do what they could.
public enum Permission: String, Sendable, CaseIterable {
    case deliveriesSee = "deliveries.see"
    /// Open at a dock, say what a scan does, scan.
    case deliveriesCount = "deliveries.count"
    case deliveriesDecide = "deliveries.decide"
    case deliveriesClose = "deliveries.close"
    case deliveriesReopen = "deliveries.reopen"
    case countingSee = "counting.see"
    /// Begin a count, go on, give it up, decide; not post it.
    case countingCount = "counting.count"
    case stockSee = "stock.see"
    /// Have the readers look for a tag.
    case stockFind = "stock.find"
    /// A count becomes the book.
    case stockPost = "stock.post"
    case productsSee = "products.see"
    case productsEdit = "products.edit"
    case clientsSee = "clients.see"
    case clientsEdit = "clients.edit"
    /// Those of one's own telephone and teams.
    case callsSee = "calls.see"
    /// See to a missed call, write about one, be reminded of it.
    case callsTake = "calls.take"
    /// Call, hang up and transfer by a click.
    case callsDial = "calls.dial"
    /// Watch a team's calls where `[calls.team] supervisors` names one.
    case callsSupervise = "calls.supervise"
    case gatewaysSee = "gateways.see"
    /// Confirm and forget them.
    case gatewaysCommand = "gateways.command"
    /// Bring a version to them.
    case gatewaysUpdate = "gateways.update"
    case noticesSee = "notices.see"
    case noticesSettle = "notices.settle"
    case erpSee = "erp.see"
    /// See and steer the ERP's queue, pull from it. Carries `erp.see`.
    case erp
    /// See prices and balances on client cards.
    case prices
    /// Import files.
    case imports
    /// See telephone numbers, and names of private persons; without it they are masked (`PersonalMask`).
    case personal
    /// Take tables away as files, beside the right to see them.
    case exports
    /// Read everybody's trail; one's own is everybody's right.
    case audit
    case webhooks
    /// Everything that happens, as CloudEvents.
    case events
    /// Add people, say what they may. Carries `audit`, `webhooks`, `events`, `gateways.command` and `gateways.update`.
    case users
    /// Carries `stock.post` and `products.edit`.
    case stock

    /// What comes with it.
    public var carried: Set<Permission> {
        switch self {
        case .users: [.audit, .webhooks, .events, .gatewaysCommand, .gatewaysUpdate]
        case .stock: [.stockPost, .productsEdit]
        case .erp: [.erpSee]
        default: []
        }
    }

    /// As written in the database and on the command line: names with commas.
    public static func set(_ text: String) -> Set<Permission> {
        Set(text.split(separator: ",").compactMap { Permission(rawValue: String($0)) })
    }

    /// The reverse of `set`.
    public static func text(_ permissions: Set<Permission>) -> String {
        permissions.map(\.rawValue).sorted().joined(separator: ",")
    }
}

extension Set<Permission> {
    /// With what its members carry.
    public var whole: Set<Permission> { reduce(into: self) { $0.formUnion($1.carried) } }
}

extension Person {
    /// The one place where permission is asked. Where nobody has a password yet, everybody may do everything.
    public func may(_ permission: Permission) -> Bool { isOpenHouse || rights.contains(permission) }
}

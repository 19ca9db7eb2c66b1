import Model

/// A name for what somebody does here, with what they may. Those of `table` are always there; others a house makes itself.
public struct Role: Equatable, Sendable {
    /// Own roles of one house at most.
    public static let limit = 100

    public var name: String
    public var permissions: Set<Permission>
    public var isBuiltIn = false

    public init(_ name: String, _ permissions: Set<Permission>) { (self.name, self.permissions) = (name, permissions) }

    /// 1 to 40 small letters, digits and hyphens, beginning with a letter.
    public static func isName(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count) && text.utf8.first.map { (0x61...0x7A).contains($0) } == true
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    public static let shape = Shape<Role>(
        "Role",
        [
            .text("name", \.name), .truth("builtIn", \.isBuiltIn),
            .json("actions", .list(.words(Permission.self))) { role in
                .array(Permission.allCases.filter(role.permissions.contains).map { .string($0.rawValue) })
            },
        ])

    /// What everybody may who was given no role: all that needed no right before there were roles.
    public static let staff = "staff"

    /// The columns of `table`.
    static let names = [
        "administrator", "technician", "depot-manager", "depot-worker", "buyer", "call-agent", "supervisor", "viewer",
        staff,
    ]

    /// Who may what: a mark for each of `names`.
    static let table: [(action: Permission, marks: String)] = [
        //                   admin. techn. manager worker buyer agent superv. viewer staff
        (.deliveriesSee, "      x     x      x      x     x     x     x      x      x"),
        (.deliveriesCount, "    x     .      x      x     .     .     .      .      x"),
        (.deliveriesDecide, "   x     .      x      x     .     .     .      .      x"),
        (.deliveriesClose, "    x     .      x      x     .     .     .      .      x"),
        (.deliveriesReopen, "   x     .      x      .     .     .     .      .      x"),
        (.countingSee, "        x     x      x      x     x     .     .      x      x"),
        (.countingCount, "      x     .      x      x     .     .     .      .      x"),
        (.stockSee, "           x     x      x      x     x     x     x      x      x"),
        (.stockFind, "          x     x      x      x     .     .     .      .      x"),
        (.stockPost, "          x     .      x      .     .     .     .      .      ."),
        (.stock, "              x     .      x      .     .     .     .      .      ."),
        (.productsSee, "        x     x      x      x     x     x     x      x      x"),
        (.productsEdit, "       x     .      x      .     x     .     .      .      ."),
        (.clientsSee, "         x     .      .      .     .     x     x      .      x"),
        (.clientsEdit, "        x     .      .      .     .     x     x      .      x"),
        (.callsSee, "           x     .      .      .     .     x     x      .      x"),
        (.callsTake, "          x     .      .      .     .     x     x      .      x"),
        (.callsDial, "          x     .      .      .     .     x     x      .      x"),
        (.callsSupervise, "     x     .      .      .     .     .     x      .      x"),
        (.gatewaysSee, "        x     x      x      x     x     x     x      x      x"),
        (.gatewaysCommand, "    x     x      .      .     .     .     .      .      ."),
        (.gatewaysUpdate, "     x     x      .      .     .     .     .      .      ."),
        (.noticesSee, "         x     x      x      x     x     .     .      x      x"),
        (.noticesSettle, "      x     x      x      x     x     .     .      .      x"),
        (.erpSee, "             x     x      x      x     x     .     .      .      x"),
        (.erp, "                x     x      .      .     .     .     .      .      ."),
        (.prices, "             x     .      .      .     x     .     .      .      ."),
        (.personal, "           x     .      x      .     x     x     x      .      x"),
        (.imports, "            x     .      x      .     x     .     .      .      ."),
        (.exports, "            x     x      x      .     x     .     x      .      x"),
        (.audit, "              x     .      .      .     .     .     .      .      ."),
        (.webhooks, "           x     x      .      .     .     .     .      .      ."),
        (.events, "             x     .      .      .     .     .     .      .      ."),
        (.users, "              x     .      .      .     .     .     .      .      ."),
    ]

    /// Those that are always there, in the order of the columns.
    public static let builtIn: [Role] = names.enumerated().map { column, name in
        var role = Role(name, [])
        role.isBuiltIn = true
        for row in table where row.marks.split(separator: " ")[column] == "x" { role.permissions.insert(row.action) }
        return role
    }

    static func builtIn(_ name: String) -> Role? { builtIn.first { $0.name == name } }
}

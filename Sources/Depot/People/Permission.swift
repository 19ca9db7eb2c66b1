/// What a person may do beyond the ordinary work at docks and telephones.
public enum Permission: String, Sendable, CaseIterable {
    /// See prices and balances on client cards.
    case prices
    /// Post stock takes and change products.
    case stock
    /// See and steer the ERP's queue, pull from it.
    case erp
    /// Add people, set their rights, read everybody's trail.
    case users
    /// Import files.
    case imports
    /// See telephone numbers, and names of private persons; without it they are masked (`PersonalMask`).
    case personal

    /// As written in the database and on the command line: names with commas.
    public static func set(_ text: String) -> Set<Permission> {
        Set(text.split(separator: ",").compactMap { Permission(rawValue: String($0)) })
    }
}

extension Person {
    /// The one place where permission is asked. Where nobody has a password yet, everybody may do everything.
    public func may(_ permission: Permission) -> Bool { isOpenHouse || rights.contains(permission) }
}

import Model
import Platform
import Settings

/// `[centre]`: what this instance is called among those on one database.
enum CentreName {
    /// The machine's, where nothing is said.
    static var usual: String { String(Machine.name.prefix { $0 != "." }) }

    /// Nil where it says none, or a bad one.
    static func read(_ section: Section) -> String? {
        guard let name = section.string("name") else { return nil }
        guard Topic.isName(name) else {
            section.reject("name", "must be 1 to 32 of a-z, 0-9 and -")
            return nil
        }
        return name
    }
}

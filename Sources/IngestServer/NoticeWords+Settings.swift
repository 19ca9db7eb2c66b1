import Depot
import Settings

extension NoticeWords {
    /// `[notice."gateway.offline"]` with `fr` and `en`: another template for this type.
    mutating func read(_ section: Section) {
        for language in Language.allCases {
            guard let template = section.string(language.rawValue) else { continue }
            do { try change(section.name, language, to: template) } catch {
                section.reject(language.rawValue, "is not taken: \(error)")
            }
        }
    }
}

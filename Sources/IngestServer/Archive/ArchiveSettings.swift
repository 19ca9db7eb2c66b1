import Depot
import Glibc
import Platform
import Settings

/// `[retention] archive-months` and `archive-folder`: which records lie in files instead of the database.
struct ArchiveSettings: Equatable, Sendable {
    /// Whole months that stay in the database beside the present one; nil: all of them.
    var months: Int?
    /// Nil: `archive`, beside the database.
    private(set) var folder: String?

    static let months: ClosedRange<Int64> = 1...1200

    init() {}

    init(_ section: Section) {
        months = section.integer("archive-months", in: ArchiveSettings.months).map { Int($0) }
        folder = section.string("archive-folder")
        if let folder, !folder.hasPrefix("/") { section.reject("archive-folder", "must be a whole path: /srv/archive") }
    }

    func folder(state: String) -> ArchiveFolder { ArchiveFolder(path: folder ?? "\(state)/archive") }

    /// Records of before this moment are to be in files.
    func limit(at now: Int64) -> Int64? { months.map { Month(of: now).adding(-$0).start } }

    func warnings(_ rules: RetentionRules) -> [String] {
        guard let months, rules[.reads] > 0, rules[.reads] < (months + 1) * 31 else { return [] }
        return [
            "[retention]: after \(rules[.reads]) days reads say nothing any more, and archive-months = \(months) writes them so"
        ]
    }
}

/// A month of UTC.
struct Month: Equatable {
    /// Since year 0.
    var number: Int

    init(number: Int) { self.number = number }

    init(of milliseconds: Int64) {
        let text = rfc3339(milliseconds)
        number = (Int(text.prefix(4)) ?? 0) * 12 + (Int(text.dropFirst(5).prefix(2)) ?? 1) - 1
    }

    func adding(_ months: Int) -> Month { Month(number: number + months) }

    /// Unix milliseconds.
    var start: Int64 {
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(number / 12 - 1900), Int32(number % 12), 1)
        return Int64(timegm(&parts)) * 1000
    }

    /// `2026-08`
    var name: String { String(rfc3339(start).prefix(7)) }
}

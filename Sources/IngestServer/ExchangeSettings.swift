import Depot
import Followers
import Glibc
import Model
import Settings

/// `[exchange]`: folders by which an ERP without a connector is told, and tells.
struct ExchangeSettings: Sendable {
    /// Files that come in, and those that go out; nil: not by file.
    var inFolder: String?
    var outFolder: String?
    var form = ExchangeRow.Form.csv
    var isDaily = false
    var acknowledgedWithin: Int64
    /// Milliseconds: how long what was read or taken is kept.
    var keptFor: Int64

    /// Nil where it has no folder; the problem stands in the reader. `hasERP`: a connector tells the ERP already.
    init?(_ section: Section, hasERP: Bool) {
        let folder = section.string("folder")
        let ways = (section.string("in"), section.string("out"))
        form = section.string("format", among: ["csv", "jsonl"]).flatMap(ExchangeRow.Form.init(rawValue:)) ?? .csv
        isDaily = section.string("every", among: ["closing", "day"]) == "day"
        acknowledgedWithin = (section.integer("taken-within-hours", in: 1...8760) ?? 24) * 3_600_000
        keptFor = (section.integer("keep-days", in: 1...3650) ?? 90) * 86_400_000
        guard let folder, folder.hasPrefix("/") else {
            section.require("folder", "must be a folder, from / on")
            return nil
        }
        func place(_ way: String?, _ usual: String) -> String? {
            let way = way ?? usual
            return way.isEmpty ? nil : way.hasPrefix("/") ? way : "\(folder)/\(way)"
        }
        if hasERP, let out = ways.1, !out.isEmpty {
            section.reject("out", "would tell the ERP of [erp] twice: leave it out, or take [erp] away")
        }
        inFolder = place(ways.0, "in")
        outFolder = hasERP ? nil : place(ways.1, "out")
        if let inFolder, inFolder == outFolder { section.reject("out", "must not be the folder of in") }
    }

    /// What is taken away when it was kept for long enough.
    var sweeps: [ExchangeSweep] {
        [inFolder.map { "\($0)/done" }, outFolder.map { "\($0)/taken" }].compactMap(\.self).map {
            ExchangeSweep(folder: $0, life: keptFor)
        }
    }

    /// The day of a moment here, and when it is over.
    @Sendable static func day(of at: Int64) -> (name: String, end: Int64) {
        var seconds = time_t(at / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        (parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec) = (parts.tm_mday + 1, 0, 0, 0)
        parts.tm_isdst = -1
        return (SiteTime.date(at), Int64(mktime(&parts)) * 1000)
    }

    /// What is wrong with the folders now, a sentence each: who they belong to, and what to do.
    var problems: [String] { [inFolder, outFolder].compactMap { $0.flatMap(FolderFiles.problem) } }
}

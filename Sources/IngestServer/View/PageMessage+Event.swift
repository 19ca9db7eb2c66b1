import Depot
import Followers
import Model

extension PageMessage {
    /// A single read, as it is told beside the ledger; nil for what is no read.
    init?(_ event: CentreEvent) {
        switch event {
        case .counted(let count, let zone):
            self.init(
                .count,
                .object([
                    ("delivery", .int(count.delivery)), ("zone", .string(zone)),
                    ("verdict", .string(count.verdict.rawValue)), ("subject", .string(count.subject)),
                    ("gtin", count.gtin.map(JSON.string)), ("serial", count.serial.map(JSON.string)),
                    ("quantity", count.quantity.json), ("remark", count.remark.map(JSON.string)),
                ]), at: .zone(zone))
        case .taken(let take, let zone, let subject, let gtin, let verdict):
            self.init(
                .takecount,
                .object([
                    ("take", .int(take)), ("zone", .string(zone)), ("verdict", .string(verdict.rawValue)),
                    ("subject", .string(subject)), ("gtin", gtin.map(JSON.string)),
                ]), at: .zone(zone))
        case .stray(let zone, let subject):
            self.init(.stray, .object([("zone", .string(zone)), ("subject", .string(subject))]), at: .zone(zone))
        case .refused(let zone, let take, let subject, let why):
            self.init(
                .stray,
                .object([
                    ("zone", .string(zone)), ("subject", .string(subject)), ("reason", .string(why.rawValue)),
                    ("take", take.map(JSON.int)),
                ]), at: .zone(zone))
        case .delivery, .call, .device, .badge: return nil
        }
    }
}

import Drivers
import Model
import Platform

extension Row {
    /// One accepted record as `edge-agent tail` prints it.
    func tailLine(seq: UInt64, at wall: Int64) -> JSON {
        let common: [(String, JSON?)] = [
            ("event", "saved"), ("seq", .int(Int64(clamping: seq))), ("at", .string(rfc3339(wall))),
        ]
        switch self {
        case .appeared(let sighting):
            return .object(common + [("kind", "appeared")] + sighting.tailFields)
        case .moved(let sighting, let zone):
            return .object(common + [("kind", "moved")] + sighting.tailFields + [("from", .string(zone))])
        case .still(let sighting): return .object(common + [("kind", "still")] + sighting.tailFields)
        case .left(let sighting, let present, let direction):
            return .object(
                common + [("kind", "left")] + sighting.tailFields
                    + [
                        ("reads", .int(Int64(sighting.reads))), ("presentMs", .int(present.milliseconds)),
                        ("direction", direction.map { .string($0.rawValue) }),
                    ])
        case .barcode(let device, let zone, let barcode):
            return .object(
                common + [
                    ("kind", "barcode"), ("device", .string(device)), ("zone", .string(zone)),
                    ("symbology", barcode.symbology.map(JSON.string)), ("text", .string(barcode.text)),
                ])
        case .key(let device, let zone, let text):
            return .object(
                common + [
                    ("kind", "key"), ("device", .string(device)), ("zone", .string(zone)), ("text", .string(text)),
                ])
        case .device(let name, _, let state, let reason):
            return .object(
                common + [
                    ("kind", "device"), ("device", .string(name)), ("state", .string(state)),
                    ("reason", reason.map(JSON.string)),
                ])
        case .call(let device, let snapshot):
            return .object(common + [("kind", "call"), ("device", .string(device)), ("call", snapshot.json)])
        case .decided(let decided):
            return .object(
                common + [
                    ("kind", "decided"), ("device", .string(LocalScans.device)), ("zone", .string(decided.zone)),
                    ("decision", decided.decision.json),
                ])
        case .skipped(let reason): return .object(common + [("kind", "skipped"), ("reason", .string(reason))])
        }
    }
}

extension Row.Sighting {
    fileprivate var tailFields: [(String, JSON?)] {
        [
            ("device", .string(device)), ("zone", .string(zone)), ("scheme", .string(tag.scheme.rawValue)),
            ("id", .string(tag.hex)), ("rssiDBm", rssiDBm.map(JSON.number)),
            ("antenna", antenna.map { .int(Int64($0)) }), ("tid", tid.map { .string(Hex.string($0)) }),
            ("user", userMemory.map { .string(Hex.string($0)) }),
        ]
    }
}

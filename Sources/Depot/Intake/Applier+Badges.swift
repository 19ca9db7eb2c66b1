import Identifiers
import Model

/// Badges among what readers see. Where a screen is bound they open a session there, and are never goods; elsewhere nobody looks for them.
extension Applier {
    /// What must be known for that, read again when somebody else has written.
    struct Doors {
        var screens: [String: [Screen]] = [:]
        var badges: Set<String> = []
    }

    /// The screen of that reader, else the one of its zone; nil for most of what is read.
    private func screen(_ row: Model.Row, _ origin: Origin) throws -> Screen? {
        if doors == nil {
            var read = Doors(screens: Dictionary(grouping: try store.screens.all(), by: \.zone))
            if !read.screens.isEmpty { read.badges = try store.screens.badges() }
            doors = read
        }
        // Of a page nobody believes a badge: who typed it may have guessed.
        guard doors?.screens.isEmpty == false, origin.stream.agent != Applier.pages, let (zone, device) = row.reader,
            let here = doors?.screens[zone]
        else { return nil }
        let name = "\(origin.stream.agent)/\(device)"
        return here.first { $0.device == name } ?? here.first { $0.device == nil }
    }

    /// Whether the row is of somebody's badge at a dock with a screen: then it has no other effect.
    func isBadge(_ row: Model.Row, _ origin: Origin, _ result: inout Result) throws -> Bool {
        guard let screen = try screen(row, origin), let badges = doors?.badges,
            let badge = row.written.lazy.map(Password.badge).first(where: badges.contains)
        else { return false }
        guard row.isArrival else { return true }
        result.events.append(
            .badge(BadgeRead(screen: screen.id, zone: screen.zone, badge: badge, isOld: isOld(origin))))
        return true
    }

    /// What nobody knows, read where nothing is open: at the screen it may be a badge that is nobody's.
    func mayBeBadge(_ row: Model.Row, _ origin: Origin, _ result: inout Result) throws {
        guard let screen = try screen(row, origin), row.isArrival, !isOld(origin),
            quiet == screen.zone || receptions[screen.zone] == .some(.none), takes?[screen.zone] == nil,
            let piece = Piece(row, record: origin.record, in: catalogue), piece.gtin == nil
        else { return }
        let event = CentreEvent.badge(BadgeRead(screen: screen.id, zone: screen.zone))
        if result.events.last != event { result.events.append(event) }
    }

    private func isOld(_ origin: Origin) -> Bool { abs(origin.now - origin.captured) > Screen.freshness }
}

extension Model.Row {
    /// Where something was shown to a reader.
    fileprivate var reader: (zone: String, device: String)? {
        switch self {
        case .appeared(let sighting), .moved(let sighting, _), .still(let sighting), .left(let sighting, _, _):
            (sighting.zone, sighting.device)
        case .barcode(let device, let zone, _), .key(let device, let zone, _): (zone, device)
        default: nil
        }
    }

    /// How it may be written on a badge, and was typed where the badge was given.
    fileprivate var written: [String] {
        switch self {
        case .appeared(let sighting), .moved(let sighting, _), .still(let sighting), .left(let sighting, _, _):
            [sighting.tag.hex, sighting.tag.hex.lowercased()]
        case .barcode(_, _, let barcode): [barcode.text]
        case .key(_, _, let text): [text]
        default: []
        }
    }

    /// It has just come: one that stays, or leaves, opens nothing again.
    fileprivate var isArrival: Bool {
        switch self {
        case .appeared, .moved, .barcode, .key: true
        default: false
        }
    }
}

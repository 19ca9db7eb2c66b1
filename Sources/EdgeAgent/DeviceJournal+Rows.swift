import Model
import Uplink

extension Observation {
    var isCall: Bool { if case .call = self { true } else { false } }

    /// Something passed in front of the device, or rang; what it says of itself does not count.
    var isSeen: Bool {
        switch self {
        case .tag, .barcode, .key, .call: true
        case .fault, .identity, .progress: false
        }
    }
}

extension Row.Sighting {
    init(_ place: Presence.Place) {
        // With bit 8 of the PC set the data are another standard's (AFI), never read as an EPC (Gen2 §6.3.2.1.2.2).
        let isISO = (place.read.protocolControl ?? 0) & 0x0100 != 0
        let tag = isISO ? TagID(.raw, place.read.id.bytes) : place.read.id
        self.init(
            device: place.device, zone: place.zone, tag: tag, rssiDBm: place.read.rssiDBm,
            antenna: place.read.antenna, reads: place.read.count)
        (tid, userMemory) = (place.read.tid, place.read.userMemory)
    }
}

extension Row {
    /// Nothing will say this again.
    var comesOnce: Bool {
        switch self {
        case .left: true
        case .call(_, let snapshot): snapshot.state == .ended
        default: false
        }
    }

    /// Something that a person did in front of the device and waits to hear about.
    var isScan: Bool {
        switch self {
        case .appeared, .barcode, .key: true
        default: false
        }
    }
}

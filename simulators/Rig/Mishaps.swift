import Devices
import Model

/// What befalls a simulated line, between the device and whoever listens.
struct Mishaps {
    private var tears = false
    private var flips = false
    private(set) var powerless: Instant?
    private(set) var unplugged: Instant?

    /// True when the device begins anew.
    mutating func befall(_ mishap: LineMishap, at now: Instant) -> Bool {
        switch mishap {
        case .tear: tears = true
        case .flip: flips = true
        case .brownOut(let time):
            powerless = now + time
            return true
        case .unplug(let time):
            // A device that lives from its cable loses its power with it.
            unplugged = now + time
            powerless = now + time
            return true
        }
        return false
    }

    /// What of a device's words arrives.
    mutating func spoil(_ bytes: [UInt8]) -> [UInt8] {
        guard powerless == nil, !bytes.isEmpty else { return [] }
        var out = bytes
        if flips {
            flips = false
            out[out.count / 2] ^= 0x10
        }
        if tears {
            tears = false
            out = Array(out.prefix((out.count + 1) / 2))
        }
        return out
    }

    /// Power and cable come back when their time has come; true when the cable does.
    mutating func recover(at now: Instant) -> Bool {
        if let time = powerless, now >= time { powerless = nil }
        guard let time = unplugged, now >= time else { return false }
        unplugged = nil
        return true
    }

    var due: Instant? { [powerless, unplugged].compactMap(\.self).min() }
}

import Ports
import Settings

extension Section {
    /// `authority` and `pin` of a device behind `tls:`; anywhere else they would protect nothing, and are refused.
    func trust(at address: PortAddress?) -> TLSTrust {
        var trust = TLSTrust()
        trust.authority = string("authority")
        if trust.authority?.hasPrefix("/") == false { reject("authority", "must be the whole path of a PEM file") }
        if let text = string("pin") {
            trust.pin = TLSTrust.Pin(text)
            if trust.pin == nil { reject("pin", "must be \(TLSTrust.Pin.forms)") }
        }
        if let address, trust != TLSTrust() {
            guard case .tls = address else {
                reject(
                    trust.authority == nil ? "pin" : "authority",
                    "concerns tls:HOST:PORT; \(address) has no certificate")
                return TLSTrust()
            }
        }
        return trust
    }
}

import Drivers

/// Which device stands in for a driver's other side.
public enum DeviceCatalog {
    public static func device(named name: String) -> (any SimulatedDevice)? {
        switch name {
        case "rdm6300": RDM6300Device()
        case "m100": M100Device()
        case "thingmagic": ThingMagicDevice()
        case "a0": A0Device()
        case "uhfreader": UHFReaderDevice()
        case "llrp": LLRPDevice()
        case "impinj-iot": ImpinjIoTDevice()
        case "tsl-ascii": TSLDevice()
        case "barcode": BarcodeDevice()
        case "hid-keyboard": HIDKeyboardDevice()
        case "pcsc": CardReaderDevice()
        case "pn532": PN532Device()
        case "chafon-cf": TellingDevice(.chafonCF)
        case "wl134": TellingDevice(.wl134)
        case "7941e": TellingDevice(.m7941)
        case "rf-tlv": RFTLVDevice()
        case "rcp": RCPDevice()
        case "exec": ExecDevice()
        default: nil
        }
    }

    public static let names = [
        "rdm6300", "m100", "thingmagic", "a0", "uhfreader", "llrp", "tsl-ascii", "barcode", "hid-keyboard", "pcsc",
        "exec", "pn532", "impinj-iot", "chafon-cf", "wl134", "7941e", "rf-tlv", "rcp",
    ]
}

/// Which usage pages a HID report descriptor speaks of: 07 a keyboard, 8C a barcode scanner.
public enum HIDPages {
    public static func of(_ descriptor: [UInt8]) -> Set<UInt16> {
        Set(HIDReport(descriptor: descriptor).fields.map(\.usagePage))
    }
}

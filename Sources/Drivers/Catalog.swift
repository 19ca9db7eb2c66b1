extension Driver {
    /// Every driver, one line each; rules, tables and `list` are made from it.
    public static let catalog: [Driver] = [
        .rdm6300,
        .m100,
        .thingmagic,
        .a0,
        .uhfreader,
        .chafonCF,
        .wl134,
        .m7941,
        .rfTLV,
        .rcp,
        .pn532,
        .llrp,
        .impinjIoT,
        .zebraIoT,
        .tslASCII,
        .barcode,
        .hidKeyboard,
        .hidPOS,
        .pcsc,
        .exec,
        .asteriskAMI,
        .freeSWITCH,
        .freeSWITCHOutbound,
        .csta,
        .modem,
        .smdr,
        .fritzBox,
        .jsonl,
        .actionURL,
    ]

    /// Readers that speak HTTP: they know who asks, or ask who posts.
    public static let httpReaders = [Driver.impinjIoT.name, Driver.zebraIoT.name]

    /// Its conversation begins with a secret.
    public var hasSecret: Bool { kind == .telephony || Driver.httpReaders.contains(name) }

    public static func named(_ name: String) -> Driver? { catalog.first { $0.name == name } }
}

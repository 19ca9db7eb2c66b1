/// What a reader is asked to read of each tag beside its EPC: one AccessSpec of our own with a C1G2Read for each bank
/// (LLRP 1.0.1 §11.2, §15.2.1; parameters 207 to 209, 338, 339, 341 and 349 of §16.2).
// 0155 000F 5155 00000000 80 0000 0006    C1G2Read: number, no password, bank 2 in the top bits, first word, words
// 015D 0013 00 5155 0006 E280…            its result: 0 is good, number, words, data
enum LLRPAccess {
    /// As our ROSpec's: the two kinds of specs are numbered apart.
    static let id = LLRP.roSpecID
    /// Numbers of our operations: others' AccessSpecs begin at 0 or 1, and their results stand in the same reports.
    private static func operation(_ bank: MemoryRead.Bank) -> UInt16 { bank == .tid ? 0x5155 : 0x5156 }

    private typealias Kind = LLRPParameter.Kind

    /// Every Gen2 tag that our ROSpec finds, for ever; told in the ROSpec's own reports.
    static func spec(_ reads: [MemoryRead]) -> [UInt8] {
        let stop = LLRPParameter.encode(Kind.accessStop, [0, 0, 0])
        // A pattern of no bits, in the EPC's bank: every tag shows it.
        let everyTag = LLRPParameter.encode(Kind.targetTag, [0x60, 0, 0, 0, 0, 0, 0])
        let operations = reads.flatMap { read in
            LLRPParameter.encode(
                Kind.read,
                operation(read.bank).bigEndianBytes + UInt32(0).bigEndianBytes + [read.bank == .tid ? 0x80 : 0xC0]
                    + UInt16(0).bigEndianBytes + UInt16(clamping: read.words).bigEndianBytes)
        }
        let command = LLRPParameter.encode(
            Kind.accessCommand, LLRPParameter.encode(Kind.tagSpec, everyTag) + operations)
        let report = LLRPParameter.encode(Kind.accessReport, [0])
        return LLRPParameter.encode(
            Kind.accessSpec,
            id.bigEndianBytes + [0, 0, 1, 0] + LLRP.roSpecID.bigEndianBytes + stop + command + report)
    }

    /// Result of a read that is ours and went well; nil for others, and where the tag was too weak or has no such memory.
    static func result(_ body: ArraySlice<UInt8>) -> (bank: MemoryRead.Bank, data: [UInt8])? {
        var reader = ByteReader(body)
        guard (try? reader.u8()) == 0, let number = try? reader.u16(), let words = try? reader.u16(),
            words > 0, let data = try? reader.take(Int(words) * 2), data.count <= MemoryRead.limit * 2,
            let bank = MemoryRead.Bank.allCases.first(where: { operation($0) == number })
        else { return nil }
        return (bank, Array(data))
    }

    /// Impinj's FastID, where somebody switched it on: the TID, read with the EPC (maker 25882, subtype 55: words, data).
    static func fastID(_ body: ArraySlice<UInt8>) -> [UInt8]? {
        var reader = ByteReader(body)
        guard (try? reader.u32()) == 25882, (try? reader.u32()) == 55, let words = try? reader.u16(),
            words > 0, let data = try? reader.take(Int(words) * 2), data.count <= MemoryRead.limit * 2
        else { return nil }
        return Array(data)
    }
}

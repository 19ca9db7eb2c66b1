import Drivers
import Model

/// One AccessSpec: on which tags, and what is read from them (LLRP 1.0.1 §11.2, §15.2.1). Memory that this reader's tags
/// have: 96 bits of TID made from the EPC, four empty words of user memory, a locked reserved bank.
struct LLRPDeviceAccessSpec: Sendable {
    /// A pattern in one memory bank that a tag must, or must not, show.
    private struct Target {
        var bank: UInt8
        var isMatch: Bool
        /// In bits.
        var pointer: Int
        var mask: [Bool]
        var data: [Bool]

        init(_ body: ArraySlice<UInt8>) throws {
            var fields = LLRPFields(body)
            let flags = try fields.u8()
            (bank, isMatch) = (flags >> 6, flags & 0x20 != 0)
            pointer = Int(try fields.u16())
            mask = try Target.bits(&fields)
            data = try Target.bits(&fields)
            guard mask.count == data.count || data.isEmpty else {
                throw LLRPRefusal.parameter(LLRPPartType.targetTag, 201, "mask and data are of different length")
            }
        }

        private static func bits(_ fields: inout LLRPFields) throws -> [Bool] {
            let count = Int(try fields.u16())
            return llrpBits(try fields.take((count + 7) / 8), count)
        }

        /// An empty mask means every tag.
        func means(_ tag: LLRPDeviceTag) -> Bool {
            guard !mask.isEmpty, !data.isEmpty else { return true }
            let memory = tag.memory(bank)
            let bits = llrpBits(memory[...], memory.count * 8)
            guard pointer + mask.count <= bits.count else { return !isMatch }
            let isEqual = mask.indices.allSatisfy { !mask[$0] || bits[pointer + $0] == data[$0] }
            return isEqual == isMatch
        }
    }

    /// What is asked of a tag; only reads do anything.
    private enum Operation {
        /// Words from a word on; no words means all that follow.
        case read(id: UInt16, bank: UInt8, from: Int, words: Int)
        /// Answered with the result that has this number: this reader changes no tag.
        case change(id: UInt16, result: UInt16)
    }

    /// Operations of one AccessSpec.
    static let most = 8

    let id: UInt32
    var isEnabled = false
    private let antenna: UInt16
    private let roSpec: UInt32
    /// How often it may work; nil for ever.
    private var left: UInt16?
    private let targets: [Target]
    private let operations: [Operation]
    private let bytes: [UInt8]

    init(_ parameters: [LLRPPart]) throws {
        let spec = try parameters.required(LLRPPartType.accessSpec, "the AccessSpec")
        bytes = Array(spec.whole)
        var fields = LLRPFields(spec.body)
        id = try fields.u32()
        antenna = try fields.u16()
        let air = try fields.u8()
        let state = try fields.u8()
        roSpec = try fields.u32()
        guard id != 0, antenna <= LLRPDevice.antennas, air == 1, state & 0x80 == 0 else {
            throw LLRPRefusal.parameter(
                LLRPPartType.accessSpec, 201, "a new AccessSpec is disabled, for Gen2 and an antenna that is there")
        }
        let children = try fields.parts()
        var stop = LLRPFields(try children.required(LLRPPartType.accessStop, "AccessSpecStopTrigger").body)
        let (type, count) = (try stop.u8(), try stop.u16())
        left = type == 1 && count > 0 ? count : nil
        let command = try LLRPFields(
            try children.required(LLRPPartType.accessCommand, "AccessCommand").body
        ).parts()
        targets = try LLRPFields(try command.required(LLRPPartType.tagSpec, "C1G2TagSpec").body).parts()
            .filter { $0.type == LLRPPartType.targetTag }.map { try Target($0.body) }
        operations = try command.compactMap(LLRPDeviceAccessSpec.operation)
        guard !operations.isEmpty else {
            throw LLRPRefusal.parameter(LLRPPartType.accessCommand, 203, "there is no operation")
        }
        // Their results stand in one parameter, whose length has 16 bits.
        guard operations.count <= LLRPDeviceAccessSpec.most else {
            throw LLRPRefusal.parameter(
                LLRPPartType.accessCommand, 205, "this reader takes \(LLRPDeviceAccessSpec.most) operations")
        }
    }

    private static func operation(_ part: LLRPPart) throws -> Operation? {
        var fields = LLRPFields(part.body)
        switch part.type {
        case LLRPPartType.read:
            let id = try fields.u16()
            _ = try fields.u32()
            let bank = try fields.u8() >> 6
            return .read(id: id, bank: bank, from: Int(try fields.u16()), words: Int(try fields.u16()))
        // Write, kill, lock, block erase, block write; 345 is a part of lock.
        case 342, 343, 344: return .change(id: try fields.u16(), result: part.type + 8)
        case 346, 347: return .change(id: try fields.u16(), result: part.type + 7)
        default: return nil
        }
    }

    /// As GET_ACCESSSPECS shows it.
    var shown: [UInt8] {
        var bytes = bytes
        bytes[11] = isEnabled ? 0x80 : 0
        return bytes
    }

    func means(_ tag: LLRPDeviceTag) -> Bool {
        isEnabled && (antenna == 0 || Int(antenna) == tag.antenna) && (roSpec == 0 || roSpec == tag.roSpec)
            && targets.allSatisfy { $0.means(tag) }
    }

    /// True when it has worked as often as it should.
    mutating func countDown() -> Bool {
        left = left.map { $0 - 1 }
        return left == 0
    }

    /// OpSpecResults, in the order of the operations.
    func results(on tag: LLRPDeviceTag) -> [UInt8] {
        operations.flatMap { operation -> [UInt8] in
            switch operation {
            case .read(let id, let bank, let from, let words):
                let memory = tag.memory(bank)
                let end = words == 0 ? memory.count : (from + words) * 2
                // 5 is a locked bank, 4 a word beyond its end.
                guard bank != 0, from * 2 <= memory.count, end <= memory.count else {
                    return llrpPart(349, [bank == 0 ? 5 : 4] + bigEndian(id) + [0, 0])
                }
                let data = memory[from * 2..<end]
                return llrpPart(349, [0] + bigEndian(id) + bigEndian(UInt16(data.count / 2)) + data)
            // A tag that refuses for reasons of its own; the writing ones count the words they wrote: none.
            case .change(let id, let result):
                return llrpPart(result, [4] + bigEndian(id) + (result == 350 || result == 354 ? [0, 0] : []))
            }
        }
    }
}

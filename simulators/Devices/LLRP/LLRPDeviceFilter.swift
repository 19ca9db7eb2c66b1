/// A Select before the inventory: which tags answer (C1G2Filter, LLRP 1.0.1 §15.2.1.2.1.1), as readers do it that keep no tag's
/// state in mind.
struct LLRPDeviceFilter: Sendable {
    /// What becomes of tags that show the mask, and of the others; nil leaves them.
    private enum Action: UInt8 {
        case selectUnselect, selectNothing, nothingUnselect, unselectNothing, unselectSelect, nothingSelect

        var matching: Bool? {
            switch self {
            case .selectUnselect, .selectNothing: true
            case .unselectNothing, .unselectSelect: false
            case .nothingUnselect, .nothingSelect: nil
            }
        }

        var other: Bool? {
            switch self {
            case .unselectSelect, .nothingSelect: true
            case .selectUnselect, .nothingUnselect: false
            case .selectNothing, .unselectNothing: nil
            }
        }
    }

    /// As the capabilities say.
    static let most = 2

    private let bank: UInt8
    /// In bits.
    private let pointer: Int
    private let mask: [Bool]
    private let action: Action

    /// The filters of a C1G2InventoryCommand's body.
    static func list(_ body: ArraySlice<UInt8>) throws -> [LLRPDeviceFilter] {
        var fields = LLRPFields(body)
        _ = try fields.u8()
        let filters = try fields.parts().filter { $0.type == LLRPPartType.filter }
        guard filters.count <= most else {
            throw LLRPRefusal.parameter(LLRPPartType.filter, 205, "this reader takes \(most) filters")
        }
        return try filters.map { try LLRPDeviceFilter($0.body) }
    }

    private init(_ body: ArraySlice<UInt8>) throws {
        var fields = LLRPFields(body)
        _ = try fields.u8()
        let parts = try fields.parts()
        var pattern = LLRPFields(try parts.required(LLRPPartType.filterMask, "C1G2TagInventoryMask").body)
        bank = try pattern.u8() >> 6
        pointer = Int(try pattern.u16())
        let count = Int(try pattern.u16())
        mask = llrpBits(try pattern.take((count + 7) / 8), count)
        let wanted = parts.first(LLRPPartType.filterAction)?.body.first ?? 0
        guard let action = Action(rawValue: wanted) else {
            throw LLRPRefusal.parameter(LLRPPartType.filterAction, 201, "there is no filter action \(wanted)")
        }
        self.action = action
    }

    private func isShown(by tag: LLRPDeviceTag) -> Bool {
        let memory = tag.memory(bank)
        guard pointer + mask.count <= memory.count * 8 else { return false }
        return llrpBits(memory[...], memory.count * 8)[pointer..<pointer + mask.count].elementsEqual(mask)
    }

    /// What it makes of a tag that is selected, or not, so far.
    fileprivate func select(_ tag: LLRPDeviceTag, so far: Bool) -> Bool {
        (isShown(by: tag) ? action.matching : action.other) ?? far
    }

    /// Filters that only add begin with nobody, those that take away with everybody.
    fileprivate var begins: Bool { action.matching != true && action.other != true }
}

extension [LLRPDeviceFilter] {
    /// Whether a tag takes part.
    func select(_ tag: LLRPDeviceTag) -> Bool {
        guard let first else { return true }
        return reduce(first.begins) { $1.select(tag, so: $0) }
    }
}

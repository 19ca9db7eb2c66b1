public import FaultyDisk

// swift-format-ignore: AvoidRetroactiveConformances
extension faulty_kind: @retroactive @unchecked Sendable {}

public import FaultyDisk

extension faulty_kind: @retroactive @unchecked Sendable {}

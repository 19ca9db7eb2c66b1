import SQLite

/// Memory that grows and is used again, for values as the wire has them: numbers from the highest byte on, each field after its length.
struct Bytes: ~Copyable {
    private(set) var memory: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int = 4096) { memory = .allocate(byteCount: capacity, alignment: 8) }

    deinit { memory.deallocate() }

    var start: UnsafeRawPointer { UnsafeRawPointer(memory.baseAddress!) }

    mutating func clear(keeping kept: Int = 0) { count = kept }

    func taken(from place: Int) -> [UInt8] { Array(memory[place..<count]) }

    private mutating func room(for more: Int) {
        guard count + more > memory.count else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(memory.count * 2, count + more), alignment: 8)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }

    mutating func put<T: FixedWidthInteger>(_ value: T) {
        room(for: MemoryLayout<T>.size)
        memory.storeBytes(of: value.bigEndian, toByteOffset: count, as: T.self)
        count += MemoryLayout<T>.size
    }

    /// In the place of what stands there.
    mutating func put<T: FixedWidthInteger>(_ value: T, at place: Int) {
        memory.storeBytes(of: value.bigEndian, toByteOffset: place, as: T.self)
    }

    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let from = bytes.baseAddress else { return }
        room(for: bytes.count)
        memory.baseAddress!.advanced(by: count).copyMemory(from: from, byteCount: bytes.count)
        count += bytes.count
    }

    // MARK: fields

    mutating func field(_ value: Int64) {
        put(8 as Int32)
        put(value)
    }

    mutating func fieldOfNothing() { put(-1 as Int32) }

    mutating func field(_ bytes: UnsafeRawBufferPointer) {
        put(Int32(bytes.count))
        put(bytes)
    }

    /// A text ends at its NUL, as in SQLite; the server would refuse what is not UTF-8, so that is replaced.
    mutating func field(utf8 text: UnsafeRawBufferPointer) {
        guard text.contains(where: { $0 == 0 || $0 >= 0x80 }) else { return field(text) }
        var repaired = String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        repaired.withUTF8 { field(UnsafeRawBufferPointer($0)) }
    }

    mutating func field(_ value: Value) {
        switch value {
        case .null: fieldOfNothing()
        case .integer(let value): field(value)
        case .real(let value): field(Int64(bitPattern: value.bitPattern))
        case .text(var text): text.withUTF8 { field(utf8: UnsafeRawBufferPointer($0)) }
        case .blob(let bytes): bytes.withUnsafeBytes { field($0) }
        }
    }
}

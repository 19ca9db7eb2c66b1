extension String {
    /// Nil where the bytes are not UTF-8. Nearly all that comes from a line or a wire is ASCII, which has a shorter way than
    /// `String(validating:as:)`.
    public init?(utf8 bytes: ArraySlice<UInt8>) {
        guard bytes.allSatisfy({ $0 < 0x80 }) else {
            self.init(validating: bytes, as: UTF8.self)
            return
        }
        self.init(decoding: bytes, as: UTF8.self)
    }
}

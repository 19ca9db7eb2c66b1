import Glibc

/// When the certificates of a PEM file (RFC 7468) end: the validity of each (RFC 5280, 4.1.2.5), and nothing else of it.
public enum CertificateEnd {
    public struct Unreadable: Error, CustomStringConvertible {
        public var description: String
    }

    /// Of each in the order of the file, in Unix milliseconds; one at least.
    public static func all(inPEM text: String) throws(Unreadable) -> [Int64] {
        var ends: [Int64] = []
        var body: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let isEnd = line.hasPrefix("-----END ")
            if line.hasPrefix("-----BEGIN CERTIFICATE-----") {
                body = ""
            } else if let whole = body, isEnd {
                guard let bytes = base64(whole), let moment = CertificateEnd.end(of: bytes) else {
                    throw Unreadable(description: "certificate \(ends.count + 1) in it cannot be read")
                }
                ends.append(moment)
                body = nil
            } else {
                body?.append(contentsOf: line)
            }
        }
        guard !ends.isEmpty else { throw Unreadable(description: "there is no certificate in it (PEM)") }
        return ends
    }

    /// Those of a file: an authority lasts as long as the last of them, whatever else as long as the first.
    public static func look(_ path: String, isAuthority: Bool) -> (ends: Int64?, problem: String?) {
        do {
            let ends = try all(inPEM: String(decoding: try Files.read(path, limit: 4 << 20), as: UTF8.self))
            return (isAuthority ? ends.max() : ends.min(), nil)
        } catch let error as FileError {
            return (nil, String(cString: strerror(error.code)))
        } catch { return (nil, "\(error)") }
    }

    /// `Certificate { tbsCertificate { [0] version?, serial, algorithm, issuer, validity { notBefore, notAfter }, … } }`
    public static func end(of der: [UInt8]) -> Int64? {
        var certificate = DER(der[...])
        guard var outer = certificate.take(0x30).map(DER.init), var inner = outer.take(0x30).map(DER.init) else {
            return nil
        }
        if inner.next == 0xA0 { _ = inner.take(0xA0) }
        guard inner.take(0x02) != nil, inner.take(0x30) != nil, inner.take(0x30) != nil,
            var validity = inner.take(0x30).map(DER.init), let begin = validity.next, validity.take(begin) != nil,
            let kind = validity.next, let time = validity.take(kind)
        else { return nil }
        let digits = String(decoding: time, as: UTF8.self)
        switch kind {
        // UTCTime YYMMDDHHMMSSZ: from 50 on it is the last century.
        case 0x17: return moment((digits < "50" ? "20" : "19") + digits)
        case 0x18: return moment(digits)
        default: return nil
        }
    }

    /// Whether issuer and subject are one, as an authority's root has it: `… issuer, validity, subject, …`
    public static func isSelfIssued(_ der: [UInt8]) -> Bool {
        var certificate = DER(der[...])
        guard var outer = certificate.take(0x30).map(DER.init), var inner = outer.take(0x30).map(DER.init) else {
            return false
        }
        if inner.next == 0xA0 { _ = inner.take(0xA0) }
        guard inner.take(0x02) != nil, inner.take(0x30) != nil, let issuer = inner.take(0x30),
            inner.take(0x30) != nil, let subject = inner.take(0x30)
        else { return false }
        return issuer.elementsEqual(subject)
    }

    /// `YYYYMMDDHHMMSSZ`
    private static func moment(_ text: String) -> Int64? {
        guard text.utf8.count == 15, text.hasSuffix("Z"), text.utf8.dropLast().allSatisfy({ (48...57).contains($0) })
        else { return nil }
        let digits = text.utf8.map { Int32($0) - 48 }
        func number(_ range: Range<Int>) -> Int32 { digits[range].reduce(0) { $0 * 10 + $1 } }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (number(0..<4) - 1900, number(4..<6) - 1, number(6..<8))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (number(8..<10), number(10..<12), number(12..<14))
        return Int64(timegm(&parts)) * 1000
    }

    /// RFC 4648, 4; nil for other characters.
    private static func base64(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var (bits, count): (UInt32, Int) = (0, 0)
        for byte in text.utf8 where byte != UInt8(ascii: "=") && byte != UInt8(ascii: " ") {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= 1 << UInt32(count) - 1
            }
        }
        return out
    }

    /// Elements of DER one after the other (X.690, 8.1): tag, length, content.
    private struct DER {
        var rest: ArraySlice<UInt8>

        init(_ rest: ArraySlice<UInt8>) { self.rest = rest }

        var next: UInt8? { rest.first }

        /// The content of the next element when it has this tag; nil when not, or when it is cut.
        mutating func take(_ tag: UInt8) -> ArraySlice<UInt8>? {
            var reader = rest
            guard reader.popFirst() == tag, let short = reader.popFirst() else { return nil }
            var length = Int(short)
            if short >= 0x80 {
                // Longer than 16 MiB is no certificate.
                guard (1...3).contains(short & 0x7F) else { return nil }
                length = 0
                for _ in 0..<(short & 0x7F) {
                    guard let byte = reader.popFirst() else { return nil }
                    length = length << 8 | Int(byte)
                }
            }
            guard length <= reader.count else { return nil }
            rest = reader.dropFirst(length)
            return reader.prefix(length)
        }
    }
}

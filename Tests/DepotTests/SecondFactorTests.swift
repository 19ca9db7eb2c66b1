import Model
import TestSupport
import Testing

@testable import Depot

/// Codes, recovery codes and tokens as values: against RFC 6238, appendix B, and `pyotp` (the last three of the vectors).
struct SecondFactorTests {
    private static let secret = Array("12345678901234567890".utf8)
    private static let start: Int64 = 1_800_000_000_000

    @Test(
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func codesAreThoseOfTheStandard(second: Int64, code: String) {
        let step = OneTimeCode.step(at: second * 1000)
        #expect(OneTimeCode.code(Self.secret, step: step, digits: 8) == code)
        #expect(OneTimeCode.code(Self.secret, step: step) == code.suffix(6))
    }

    @Test func codesAreThoseOfPyotp() throws {
        let vectors = try JSON(parsing: Fixture.bytes("DepotTests/Passkeys/vectors.json"))
        for pair in try #require(vectors["otp"]?.list) {
            let (second, code) = (try #require(pair.list?[0].integer), try #require(pair.list?[1].text))
            #expect(OneTimeCode.code(Self.secret, step: OneTimeCode.step(at: second * 1000)) == code)
        }
    }

    @Test func aCodeOfTheStepBeforeOrAfterOpensOnce() {
        let step = OneTimeCode.step(at: Self.start)
        for (drift, fits) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] as [(Int64, Bool)] {
            let code = OneTimeCode.code(Self.secret, step: step + drift)
            #expect((OneTimeCode.step(of: code, Self.secret, after: 0, at: Self.start) != nil) == fits, "\(drift)")
            #expect(OneTimeCode.step(of: code, Self.secret, after: step + drift, at: Self.start) == nil)
        }
        for wrong in ["", "0", "12345a", String(repeating: "9", count: 100)] {
            #expect(OneTimeCode.step(of: wrong, Self.secret, after: 0, at: Self.start) == nil)
        }
        #expect(OneTimeCode.step(of: "000000", Self.secret, after: 0, at: Int64.min) == nil)
    }

    @Test func anAddressFitsIntoACodeHoweverLongTheName() {
        #expect(
            OneTimeCode.address(Self.secret, name: "Zoé B")
                == "otpauth://totp/Quai:Zo%C3%A9%20B?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Quai")
        #expect(OneTimeCode.address(Self.secret, name: String(repeating: "é", count: 60)).utf8.count <= 106)
    }

    @Test func aRecoveryCodeIsReadHoweverItIsWritten() throws {
        let code = RecoveryCode.fresh()
        #expect(code.count == 19)
        let digest = try #require(RecoveryCode.digest(code))
        #expect(RecoveryCode.digest(code.uppercased()) == digest)
        #expect(RecoveryCode.digest(code.filter { $0 != "-" }) == digest)
        #expect(RecoveryCode.digest("0000 1111 2222 3333") == RecoveryCode.digest("oooo-ilil-2222-3333"))
        for wrong in ["", "123456", "0000-1111-2222-333", "0000-1111-2222-333u", String(repeating: "0", count: 5000)] {
            #expect(RecoveryCode.digest(wrong) == nil)
        }
    }

    @Test func aTokenIsKnownByItsSignsAndItsChecksum() throws {
        let token = ProgramToken.fresh()
        #expect(token.wholeMatch(of: /quai_[0-9a-hjkmnp-tv-z]{43}/) != nil)
        #expect(ProgramToken.name(of: token)?.count == 8)
        let last = try #require(token.last)
        #expect(ProgramToken.name(of: token.dropLast() + (last == "0" ? "1" : "0")) == nil)
        for wrong in ["", "quai_", "quai_é", token + "0", String(token.dropFirst())] {
            #expect(ProgramToken.name(of: wrong) == nil)
        }
    }

    @Test func keysOfOneInstallationAreNotThoseOfAnother() throws {
        let one = try #require(CodeKeys(master: String(repeating: "a", count: 32)))
        let other = try #require(CodeKeys(master: String(repeating: "b", count: 32)))
        #expect(one.mark != other.mark && one.secret("s") != other.secret("s") && one.secret("s") != one.secret("t"))
        #expect(one.secret("s").count == 20)
        #expect(CodeKeys(master: "short") == nil)
    }

    @Test func base64OfURLsIsReadStrictly() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
            let text = Base64URL.text(bytes)
            #expect(Base64URL.bytes(text) == bytes)
            #expect(text.utf8.allSatisfy { $0 != 0x2B && $0 != 0x2F && $0 != 0x3D })
        }
        for wrong in ["A", "AB", "AAA=", "A+AA", "AAAAA"] { #expect(Base64URL.bytes(wrong) == nil, "\(wrong)") }
    }
}

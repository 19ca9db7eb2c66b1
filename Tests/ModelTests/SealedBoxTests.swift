import Testing

@testable import Model

/// Boxes against the vectors of RFC 9180, appendix A.2.1.
struct SealedBoxTests {
    private func hex(_ text: String) -> [UInt8] { Hex.bytes(text.uppercased()) ?? [] }

    @Test func theStandardsBoxOpens() throws {
        let secret = hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
        #expect(
            SealedBox.publicKey(of: secret)
                == hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"))
        let box = hex(
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
                + "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28")
        let info = hex("4f6465206f6e2061204772656369616e2055726e")
        let text = SealedBox.open(box, with: secret, info: info, about: Array("Count-0".utf8))
        #expect(text == Array("Beauty is truth, truth beauty".utf8))
        for other in box.indices {
            var changed = box
            changed[other] ^= 1
            #expect(SealedBox.open(changed, with: secret, info: info, about: Array("Count-0".utf8)) == nil)
        }
        #expect(SealedBox.open(box, with: secret, info: info, about: Array("Count-1".utf8)) == nil)
        #expect(SealedBox.open(box, with: secret, info: [], about: Array("Count-0".utf8)) == nil)
        for length in 0..<box.count {
            #expect(
                SealedBox.open(Array(box.prefix(length)), with: secret, info: info, about: Array("Count-0".utf8)) == nil
            )
        }
    }
}

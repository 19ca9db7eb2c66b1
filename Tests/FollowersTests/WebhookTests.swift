import Testing

@testable import Followers

/// What a webhook's delivery goes by.
struct WebhookTests {
    @Test func aFailedDeliveryIsTriedAsTheStandardPlans() {
        #expect(RetryPlan.webhooks.wait(after: 1, jitter: 0) == 5000)
        #expect(RetryPlan.webhooks.wait(after: 2, jitter: 0) == 300_000)
        #expect(RetryPlan.webhooks.wait(after: 9, jitter: 0) == 86_400_000)
        #expect(RetryPlan.webhooks.wait(after: 10, jitter: 0) == nil)
        #expect(RetryPlan.webhooks.wait(after: 0, jitter: 0) == nil)
        #expect(RetryPlan.webhooks.wait(after: 1, jitter: 1) == 5500)
        #expect(RetryPlan.webhooks.wait(after: 1, jitter: .nan) == 5000)
    }

    @Test func aReceiverMayAskForMoreTimeButNotForEver() {
        #expect(RetryPlan.webhooks.wait(after: 1, retryAfter: 60, jitter: 0) == 60_000)
        #expect(RetryPlan.webhooks.wait(after: 2, retryAfter: 60, jitter: 0) == 300_000)
        #expect(RetryPlan.webhooks.wait(after: 1, retryAfter: .max, jitter: 0) == 86_400_000)
        #expect(RetryPlan.webhooks.wait(after: 1, retryAfter: -5, jitter: 0) == 5000)
    }

    @Test(
        arguments: [
            [0, 0, 0, 0], [10, 1, 2, 3], [100, 64, 0, 1], [127, 0, 0, 1], [169, 254, 169, 254], [172, 16, 0, 1],
            [172, 31, 255, 255], [192, 168, 1, 1], [198, 19, 0, 1], [224, 0, 0, 1], [255, 255, 255, 255],
        ] as [[UInt8]])
    func whatOnlyThisNetworkReachesIsNotPublic(_ address: [UInt8]) {
        let zeros = [UInt8](repeating: 0, count: 10)
        #expect(!PublicAddress.isPublic(address))
        #expect(!PublicAddress.isPublic(zeros + [0xff, 0xff] + address))
        #expect(!PublicAddress.isPublic([0, 0x64, 0xff, 0x9b] + zeros.prefix(8) + address))
        #expect(!PublicAddress.isPublic([0x20, 0x02] + address + zeros))
    }

    @Test(
        arguments: [[9, 9, 9, 9], [100, 128, 0, 1], [172, 32, 0, 1], [192, 169, 0, 1], [223, 0, 0, 1]] as [[UInt8]])
    func otherAddressesArePublic(_ address: [UInt8]) {
        #expect(PublicAddress.isPublic(address))
        #expect(PublicAddress.isPublic([UInt8](repeating: 0, count: 10) + [0xff, 0xff] + address))
    }

    @Test func ofIPv6GlobalUnicastIsPublic() {
        func address(_ first: [UInt8]) -> [UInt8] { first + [UInt8](repeating: 0, count: 15 - first.count) + [1] }
        #expect(PublicAddress.isPublic(address([0x2a, 0x00, 0x14, 0x50])))
        #expect(PublicAddress.isPublic(address([0x26, 0x06, 0x47, 0x00])))
        // ::1, fe80::1, fc00::1, fd00::1, ff02::1, Teredo, documentation.
        let closed: [[UInt8]] = [
            [], [0xfe, 0x80], [0xfc], [0xfd], [0xff, 0x02], [0x20, 0x01, 0, 0], [0x20, 0x01, 0x0d, 0xb8],
        ]
        for first in closed { #expect(!PublicAddress.isPublic(address(first)), "\(first)") }
        #expect(!PublicAddress.isPublic([UInt8](repeating: 0, count: 16)))
        #expect(!PublicAddress.isPublic([]))
        #expect(!PublicAddress.isPublic([9, 9, 9]))
    }
}

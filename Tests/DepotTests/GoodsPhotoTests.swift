import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Pictures of the goods go with the closing of a delivery, and go when it goes.
struct GoodsPhotoTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: ReceivingDesk
    private let author = Author("Nadia", station: "dock-1")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = ReceivingDesk(store)
    }

    private func open(_ note: String) throws -> Int64 {
        let id = try desk.openBlind(
            supplier: "Rexel", zone: "dock-1", note: note, day: "2026-11-28", by: author, at: 1)
        return try #require(id)
    }

    private func photo() throws -> Int64 {
        try desk.keep(photo: [0xFF, 0xD8, 0xFF, 0xE0], type: "image/jpeg", by: author, at: 2)
    }

    private func shown(_ photo: Int64, _ zones: Set<String> = [], by name: String = "Zoé", _ rights: Permission...)
        throws -> Bool?
    {
        var person = Person(id: 1, name: name, desk: nil)
        (person.isOpenHouse, person.rights) = (false, Set(rights))
        person.reach = Reach(Scope([.zones: zones]), zonesOfSites: [])
        return try store.deliveries.photo(photo, for: person).map { _ in true }
    }

    private func photos(_ id: Int64) throws -> [Int64] {
        try store.deliveries.view(id)?.decisions.filter { $0.kind == .photo }.compactMap(\.photo) ?? []
    }

    @Test func aClosingCarriesItsPictures() throws {
        let id = try open("BL-1")
        let taken = try [photo(), photo()]
        // The same picture twice is one.
        #expect(try desk.close(id, .init(photos: taken + [taken[0]]), by: author, at: 3))
        #expect(try photos(id) == taken)
        #expect(try store.deliveries.view(id)?.decisions.first?.who == "Nadia")
    }

    @Test func aPictureThatIsNotThereClosesNothing() throws {
        let id = try open("BL-1")
        #expect(throws: DecisionError.malformed("there is no picture 77")) {
            try desk.close(id, .init(photos: [77]), by: author, at: 3)
        }
        #expect(try store.deliveries.view(id)?.status == "open" && photos(id).isEmpty)
    }

    @Test func aDeliveryHasSoManyPicturesAndNoMore() throws {
        let id = try open("BL-1")
        let taken = try (0...Decision.photoLimit).map { _ in try photo() }
        #expect(throws: DecisionError.self) { try desk.close(id, .init(photos: taken), by: author, at: 3) }
        #expect(try photos(id).isEmpty)
        #expect(try desk.close(id, .init(photos: Array(taken.dropLast())), by: author, at: 4))
        #expect(try photos(id).count == Decision.photoLimit)
    }

    @Test func aPictureGoesWithTheLastThatNamesIt() throws {
        let (own, both) = try (photo(), photo())
        let one = try open("BL-1")
        #expect(try desk.close(one, .init(photos: [own, both]), by: author, at: 3))
        let other = try open("BL-2")
        #expect(try desk.close(other, .init(photos: [both]), by: author, at: 3))
        try store.database.run("DELETE FROM decision WHERE delivery=?", .integer(one))
        #expect(try shown(own) == nil)
        #expect(try shown(both) != nil)
        try store.database.run("DELETE FROM decision WHERE delivery=?", .integer(other))
        #expect(try shown(both) == nil)
    }

    @Test func aPictureIsSeenWhereItsDeliveryIs() throws {
        let (goods, name) = try (photo(), photo())
        #expect(try shown(goods) == nil, "of nothing yet: theirs alone who sent it")
        #expect(try shown(goods, by: "Nadia") == true)
        let id = try open("BL-1")
        try desk.decide(Decision(at: 3, who: "Nadia", kind: .signed, photo: name), on: id)
        #expect(try desk.close(id, .init(photos: [goods]), by: author, at: 3))
        #expect(try shown(goods) == true && shown(goods, ["dock-1"]) == true && shown(goods, ["dock-2"]) == nil)
        #expect(try store.deliveries.zone(of: id) == "dock-1", "a closed delivery stands where it was received")
        #expect(try shown(goods, ["dock-2"], by: "Nadia") == nil, "also theirs who sent it once")
        // A signature is somebody's name.
        #expect(
            try shown(name) == nil && shown(name, [], .personal) == true && shown(name, ["dock-2"], .personal) == nil)
    }

    /// By naming a stranger's picture in a delivery of one's own it would be seen there.
    @Test func nobodyNamesAPictureOfAnother() throws {
        let (goods, loose) = try (photo(), photo())
        let id = try open("BL-1")
        try desk.decide(Decision(at: 3, who: "Nadia", kind: .photo, photo: goods), on: id)
        let other = try #require(
            try desk.openBlind(supplier: "Rexel", zone: "dock-2", note: "BL-2", day: "2026-11-28", by: author, at: 1))
        for kind in [Decision.Kind.photo, .signed] {
            for photo in [goods, loose] {
                #expect(throws: DecisionError.malformed("there is no picture \(photo)")) {
                    try desk.decide(Decision(at: 4, who: "Zoé", kind: kind, photo: photo), on: other)
                }
            }
        }
        // A colleague goes on with a delivery.
        try desk.decide(Decision(at: 4, who: "Zoé", kind: .signed, photo: goods), on: id)
        #expect(try photos(other).isEmpty)
    }
}

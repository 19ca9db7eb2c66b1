import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Colours and language are a person's, and come with them.
struct TasteTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let desk: AccountDesk

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desk = AccountDesk(store)
    }

    @Test func whatIsSaidStaysAndComesWithTheNextSession() throws {
        let person = try store.people.signIn(name: "Nadia", session: "a", at: 1)
        #expect(person.taste == Taste())
        #expect(try desk.prefer(.init(theme: .dark), by: person) == .init(theme: .dark))
        #expect(try desk.prefer(.init(language: "en"), by: person) == .init(theme: .dark, language: "en"))
        let elsewhere = try store.people.signIn(name: "Nadia", session: "b", at: 2)
        #expect(elsewhere.taste == .init(theme: .dark, language: "en"))
        #expect(elsewhere.json["theme"] == .string("dark") && elsewhere.json["language"] == .string("en"))
        #expect(try desk.prefer(.init(theme: .auto), by: person).theme == .auto)
        // Nobody else's.
        #expect(try store.people.signIn(name: "Paul", session: "c", at: 3).taste == Taste())
    }

    @Test func aDatabaseOfBeforeHasNoTasteAndGetsOne() throws {
        let path = "\(folder.path)/old"
        let step = try #require(Schema.steps.firstIndex(of: Schema.tastes))
        do {
            let database = try Database(path: path)
            for older in Schema.steps[..<step] { try database.execute(older) }
            try database.execute(
                "PRAGMA user_version=\(step); INSERT INTO user (id, name, created) VALUES (1, 'Nadia', 0)")
        }
        let old = try Store(path: path)
        let person = try old.people.signIn(name: "Nadia", session: "a", at: 1)
        #expect(person.id == 1 && person.taste == Taste())
        #expect(try AccountDesk(old).prefer(.init(theme: .light), by: person).theme == .light)
    }

    @Test(arguments: [("fr", true), ("pt-BR", true), ("f", false), ("français", false), ("en'--", false)])
    func aLanguageIsAFewLetters(text: String, isOne: Bool) { #expect(Taste.isLanguage(text) == isOne) }
}

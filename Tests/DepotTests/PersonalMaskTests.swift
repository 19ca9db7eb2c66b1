import Model
import Testing

@testable import Depot

/// What whoever lacks the right `personal` sees.
struct PersonalMaskTests {
    @Test(arguments: [
        ("06 12 34 56 78", "06 •• •• •• 78"), ("+33 6 12 34 56 78", "+33 6 •• •• •• 78"),
        ("+33612345678", "+336••••••78"), ("0033 6 12 34 56 78", "0033 6 •• •• •• 78"),
        ("06.12.34.56.78, demain", "06.••.••.••.78, demain"),
        ("rappeler au 0612345678 ou +33 (0)1 23 45 67 89", "rappeler au 06••••••78 ou +33 (0)• •• •• •• 89"),
        ("06 12 34 56 78 / 06 98 76 54 32", "06 •• •• •• •• / •• •• •• •• 32"),
        ("poste 101", "poste 101"), ("le 28 à 14 h", "le 28 à 14 h"), ("", ""),
    ])
    func aNumberLosesWhatTellsItFromOthers(text: String, shown: String) {
        #expect(PersonalMask.number(text) == shown)
    }

    @Test func aCardSaysNoNameAndNoNumber() throws {
        let card = try JSON(
            parsing: """
                {"call":"dock/pbx/1795807302.13","mine":"ringing","withheld":false,"dialable":true,"sentName":"Zorglub",
                 "number":{"display":"06 12 34 00 91","e164":"+33612340091","kind":"subscriber"},"started":1795807302000,
                 "link":"https://crm/?tel=%2B33612340091","note":{"note":"Zorglub au 0612340091","who":"Nadia"},
                 "parties":[{"id":7,"name":"Zorglub","company":"Quxcorp","numbers":["06 12 34 00 91"]}],
                 "lastCalls":[{"at":1,"note":"06 12 34 00 91"}]}
                """)
        let text = PersonalMask.masked(card).description
        for word in ["12 34 00", "123400", "\"Zorglub\"", "crm", "\"dialable\":true"] {
            #expect(!text.contains(word), "\(word)")
        }
        for word in ["dock/pbx/1795807302.13", "Quxcorp", "1795807302000", "Nadia", "06 •• •• •• 91"] {
            #expect(text.contains(word), "\(word)")
        }
    }

    @Test func aPushAboutACallIsNamedAfterNobody() throws {
        let jobs = try JSON(
            parsing: """
                [{"id":1,"key":"quai/call/1","kind":"call","attempts":0,"title":"Quxcorp, Zorglub","sentence":"written for Zorglub"},
                 {"id":2,"key":"quai/take/1","kind":"take","attempts":0,"title":"shelf-a"}]
                """)
        let text = PersonalMask.masked(jobs).description
        #expect(!text.contains("Zorglub") && text.contains("shelf-a") && text.contains("quai/call/1"))
    }

    @Test func whatASearchFoundSaysOfAProductWhatItDid() throws {
        let found = try JSON(
            parsing: """
                [{"kind":"product","ref":"09521321000018","title":"Disjoncteur","detail":"DJ16"},
                 {"kind":"party","ref":"7","title":"Zorglub","detail":"C-1 0612340091"}]
                """)
        let text = PersonalMask.masked(found).description
        #expect(text.contains("Disjoncteur") && text.contains("09521321000018") && text.contains("DJ16"))
        #expect(!text.contains("Zorglub") && !text.contains("0612340091") && text.contains("\"ref\":\"7\""))
    }
}

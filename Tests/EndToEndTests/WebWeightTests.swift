import Foundation
import Model
import Platform
import Rig
import TestSupport
import Testing

@testable import IngestServer

/// What a page weighs: one script and one style, packed, kept for a year under a name that is theirs alone.
@Suite(.serialized)
struct WebWeightTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Sources/IngestServer/Web"
    ).standardizedFileURL.path

    private func bundle(_ files: [String: String]) throws -> String {
        try WebBundle(entry: "app.js") { files[$0] }.text
    }

    @Test(arguments: ["fr", "en"])
    func ourPagesAreJoined(language: String) throws {
        let files = try WebFiles(root: WebWeightTests.folder)
        #expect(files.whyApart == nil)
        let document = try #require(files.document(accepting: language))
        let page = String(decoding: document.bytes, as: UTF8.self)
        let name = try #require(page.firstMatch(of: /\/web\/(app-[0-9-]+\.js)/)?.1)
        let style = try #require(page.firstMatch(of: /\/web\/(style-[0-9-]+\.css)/)?.1)
        let script = try #require(files[String(name)])
        #expect(script.isForGood && script.bytes.count < 200_000)
        // What the first page needs, in the browser's language: with headers and the first questions the goal is 60 KB.
        let first = try [document, script, #require(files[String(style)]), #require(files["icon.svg"])]
        let weight = first.reduce(0) { $0 + ($1.packed ?? $1.bytes).count }
        #expect(weight < 57_500, "\(weight) bytes")
        #expect(files["app.js"]?.isForGood == false, "the modules can be had as they are")
        // The rest comes under names that the script has.
        let text = String(decoding: script.bytes, as: UTF8.self)
        let parts = text.matches(of: /await \$part\("\.\/([a-z-]+-[0-9-]+\.js)"/).map { String($0.1) }
        #expect(
            Set(parts.map { $0.prefix { !$0.isNumber } })
                == ["pages-", "sentences-", "words-others-", "help-fr-", "help-en-"])
        for part in parts { #expect(files[part]?.isForGood == true, "\(part)") }
    }

    @Test func theDocumentSpeaksTheBrowsersLanguage() throws {
        let files = try WebFiles(root: WebWeightTests.folder)
        let tags = Dictionary(uniqueKeysWithValues: ["fr", "en"].map { ($0, files.document(accepting: $0)?.tag) })
        #expect(tags["fr"] != tags["en"])
        for (text, language) in [
            ("fr-FR,fr;q=0.9,en;q=0.8", "fr"), ("FR", "fr"), ("en-GB", "en"), ("de-DE,fr;q=0.8", "en"), ("", "en"),
        ] { #expect(files.document(accepting: text)?.tag == tags[language], "\(text)") }
        #expect(files.document(accepting: nil)?.tag == tags["en"])
        // The languages of the pages, in the order of languages.js.
        let languages = String(decoding: try #require(files["languages.js"]).bytes, as: UTF8.self)
        #expect(languages.matches(of: /(?m)^  ([a-z]{2}): \{ name/).map { String($0.1) } == WebFiles.languages)
    }

    @Test func modulesKeepTheirOwnNamesAndTheirOrder() throws {
        let text = try bundle([
            "app.js": "import { a as first, B } from \"./a.js\";\n// none\nconst own = first();\nexport { own };\n",
            "a.js":
                "/**\n * none\n */\nconst own = `x\n  y`;\nexport function a() { return own; }\nexport class B {}\n",
        ])
        #expect(
            text == """
                const $ = {};
                {
                const own = `x
                  y`;
                function a() { return own; }
                class B {}
                $["a.js"] = { a, B };
                }
                {
                const { a: first, B } = $["a.js"];
                const own = first();
                $["app.js"] = { own };
                }

                """)
    }

    @Test func whatNeedsEachOtherIsAskedWhenItIsCalled() throws {
        let text = try bundle([
            "app.js": "import { a } from \"./a.js\";\n",
            "a.js": "import { b } from \"./b.js\";\nexport function a() {}\n",
            "b.js": "import { a } from \"./a.js\";\nexport const b = () => a();\n",
        ])
        #expect(text.contains("const a = (...all) => $[\"a.js\"].a(...all);"))
        // A class has no such moment.
        #expect(throws: WebBundle.Failure.self) {
            try bundle([
                "app.js": "import { A } from \"./a.js\";\n",
                "a.js": "import { b } from \"./b.js\";\nexport class A {}\n",
                "b.js": "import { A } from \"./a.js\";\nexport const b = 1;\n",
            ])
        }
    }

    @Test(arguments: [
        "import x from \"./a.js\";", "import * as x from \"./a.js\";", "import { none } from \"./a.js\";",
        "import { a } from \"./missing.js\";", "export default 1;", "export let x = 1;",
    ])
    func whatIsWrittenInAnotherWayIsNotJoined(line: String) {
        #expect(throws: WebBundle.Failure.self) { try bundle(["app.js": line, "a.js": "export const a = 1;\n"]) }
    }

    @Test func packedOnlyForThoseWhoTakeIt() {
        for (text, isTaken) in [
            ("gzip, deflate, br", true), ("br;q=1.0, GZIP;q=0.8", true), ("*", true), ("gzip;q=0", false),
            ("identity", false), ("", false),
        ] { #expect(Gzip.isTaken(text) == isTaken, "\(text)") }
        #expect(!Gzip.isTaken(nil))
        let bytes = Array(repeating: UInt8(ascii: "a"), count: 100_000)
        #expect(Gzip.packed(bytes).map { $0.count < 300 && $0.starts(with: [0x1F, 0x8B]) } == true)
        #expect(Gzip.packed([]) != nil)
    }

    @Test(.timeLimit(.minutes(2)))
    func aBrowserAsksForOneScriptAndKeepsIt() throws {
        let stand = try RoadTests.stand("weight")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let browser = try Browser(language: "fr")
        try browser.open("http://127.0.0.1:\(stand.httpPort)/receiving")
        try browser.wait("document.querySelector('#who')")
        // Other pages and the words of sentences come afterwards, and nobody waits for them.
        let all =
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource').filter((one) => one.name.includes('/web/') && !/\\/(pages|sentences|words-others|help-fr|help-en)-/.test(one.name))]"
        #expect(try browser.evaluate("\(all).filter((one) => one.name.endsWith('.js')).length").integer == 1)
        // The page, its script and its style; manifest and icons as the browser wants them.
        let asked = try browser.evaluate("\(all).map((one) => one.name).join(' ')").text ?? ""
        #expect(asked.split(separator: " ").count <= 8, "\(asked)")
        let bytes = try browser.evaluate("\(all).reduce((sum, one) => sum + one.transferSize, 0)").integer ?? 0
        print("the first page: \(bytes) bytes")
        #expect(bytes > 0 && bytes < 60_000)
        let came =
            "performance.getEntriesByType('resource').filter((one) => /\\/(pages|sentences|words-others)-/.test(one.name)).length"
        try browser.wait("\(came) === 3")
        try browser.open("http://127.0.0.1:\(stand.httpPort)/calls")
        try browser.wait("location.pathname === '/calls' && document.querySelector('#who')")
        let again = try browser.evaluate(
            "\(all).filter((one) => /(app|style)-/.test(one.name)).reduce((sum, one) => sum + one.transferSize, 0)")
        #expect(again.integer == 0, "kept: nothing is asked")
        // A long answer is packed, too; a short one is not.
        try browser.type("Camille Roy", into: "#who")
        try browser.click("form button")
        try browser.wait("document.querySelector('#live')")
        for n in 1...5 {
            try browser.evaluate(
                "fetch('/api/v1/deliveries/blind', {method: 'POST', body: JSON.stringify({zone: 'dock-1', supplier: 'Rexel', note: 'W\(n)'})})"
            )
        }
        for (path, form) in [("deliveries", "gzip"), ("me", "")] {
            #expect(
                try browser.evaluate(
                    "fetch('/api/v1/\(path)').then((answer) => answer.headers.get('content-encoding') ?? '')"
                ).text == form)
        }
        #expect(browser.errors == [])
    }
}

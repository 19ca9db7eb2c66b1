import Testing

@testable import IngestServer

/// What the pages' scripts are made of: parts that come later, words of one language, a lean style.
struct WebPartTests {
    private func bundle(_ files: [String: String], language: String? = nil) throws -> WebBundle {
        try WebBundle(entry: "app.js", language: language) { files[$0] }
    }

    @Test func aPartHasWhatTheFirstScriptDoesNotHave() throws {
        let made = try bundle([
            "app.js": "import { a } from \"./a.js\";\nconst { b } = await import(\"./b.js\");\nexport { a, b };\n",
            "a.js": "export const a = () => 1;\n",
            "b.js": "import { a } from \"./a.js\";\nimport { c } from \"./c.js\";\nexport const b = () => a() + c;\n",
            "c.js": "export const c = 2;\n",
        ])
        #expect(made.text.contains("const { b } = await $part(\"./b-0.js\", \"b.js\");\n"))
        #expect(made.text.contains("const c = 2") == false)
        #expect(made.parts.map(\.file) == ["b-0.js"])
        #expect(
            made.parts.first?.text == """
                export const make = ($) => {
                {
                const c = 2;
                $["c.js"] = { c };
                }
                {
                const { a } = $["a.js"];
                const { c } = $["c.js"];
                const b = () => a() + c;
                $["b.js"] = { b };
                }
                return $["b.js"];
                };

                """)
    }

    @Test func whatCannotBeAPartIsNotJoined() {
        let a = "export const a = 1;\n"
        for files in [
            // It is in the first script.
            ["app.js": "import { a } from \"./a.js\";\nawait import(\"./a.js\");\n", "a.js": a],
            // A part asks for a part.
            [
                "app.js": "await import(\"./b.js\");\n", "b.js": "await import(\"./a.js\");\nexport const b = 1;\n",
                "a.js": a,
            ],
            ["app.js": "await import(\"./missing.js\");\n"],
        ] { #expect(throws: WebBundle.Failure.self) { try bundle(files) } }
    }

    @Test func typesInALineAreLeftOut() throws {
        let text = try bundle(["app.js": "const a = /** @type {X} */ (/** @type {unknown} */ (b)).c; // d\n"]).text
        #expect(text.contains("const a = ((b)).c; // d\n"))
    }

    private static let table = """
        const words = {
          fr: {
            a: "A", "b-c": "B : \\"x\\", y", n: "{n}", n_one: "{n}",
            s_ready: "Prêt", later: "Plus tard", code_late: "Trop tard", // none
          },
          en: {
            a: "A", later: "Later",
          },
        };
        export const t = (key) => words[key];

        """

    @Test func theFirstScriptHasTheWordsItNames() throws {
        let words = try WebWords(
            "fr",
            [
                ("i18n.js", WebPartTests.table),
                ("app.js", "t(\"a\"); t('b-c'); plural(\"n\", 1); t(`s_${state}`); t(`code_${error}`);\n"),
            ])
        let kept = try #require(words.kept["i18n.js"])
        for word in [
            "a: \"A\",", "\"b-c\": \"B : \\\"x\\\", y\",", "n: \"{n}\",", "n_one: \"{n}\",", "s_ready: \"Prêt\",",
        ] { #expect(kept.contains(word), "\(word)") }
        #expect(!kept.contains("later") && !kept.contains("code_late") && !kept.contains("en: {"))
        #expect(kept.contains("export const t = (key) => words[key];"))
        // A refusal waits for its words.
        #expect(
            words.rest == "export const rest = {\nfr: {\nlater: \"Plus tard\",\ncode_late: \"Trop tard\"\n},\n};\n")
        #expect(words.others == "export const others = {\nen: {\na: \"A\",\nlater: \"Later\"\n},\n};\n")
    }

    @Test(arguments: ["    a: 1,", "    a: \"A", "    a \"A\",", "    \"a: \"A\","])
    func whatIsNoTableOfWordsIsNotJoined(line: String) {
        #expect(throws: WebBundle.Failure.self) { try WebWords("fr", [("i18n.js", "  fr: {\n\(line)\n  },\n")]) }
        #expect(throws: WebBundle.Failure.self) { try WebWords("fr", [("i18n.js", "  fr: {\n    a: \"A\",\n")]) }
    }

    @Test(arguments: [
        ("a {\n  color: red;\n}\n", "a{color: red;}"),
        ("/* none */\na, b > c { margin: 0 -1px; }", "a,b > c{margin: 0 -1px;}"),
        ("a :hover, a:hover { width: calc(1px + 2px); }", "a :hover,a:hover{width: calc(1px + 2px);}"),
        ("q::before { content: \"  { /* a */ \\\"  \"; }", "q::before{content: \"  { /* a */ \\\"  \";}"),
        (
            "@media (min-width: 1px) and (max-width: 2px) { a { b: c } }",
            "@media (min-width: 1px) and (max-width: 2px){a{b: c}}"
        ),
    ])
    func aStyleKeepsWhatItMeans(text: String, lean: String) {
        #expect(WebStyle.lean(text) == lean.replacing(": ", with: ":"))
    }
}

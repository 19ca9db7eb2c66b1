extension Password {
    /// Whether it is among those that guessers try first: one of the list, with whatever digits and signs before and after it,
    /// said once or several times, alone or with the name or "quai"; or digits alone.
    static func isCommon(_ secret: String, name: String) -> Bool {
        let text = secret.lowercased()
        guard text.contains(where: { !$0.isWholeNumber }) else { return true }
        var forms = [text, core(text), core(unmasked(text)), unmasked(core(text))]
        for word in [name.lowercased(), "quai"] where word.count >= 3 {
            forms += forms.map { core(without(word, in: $0)) }
        }
        return forms.contains { $0.isEmpty || common.contains($0) || common.contains(unit(of: $0)) }
    }

    /// Without digits and signs at both ends: years, exclamation marks.
    private static func core(_ text: String) -> String {
        String(text.drop { !$0.isLetter }.reversed().drop { !$0.isLetter }.reversed())
    }

    /// Digits and signs that stand for letters.
    private static func unmasked(_ text: String) -> String {
        String(text.map { masks[$0] ?? $0 })
    }

    private static let masks: [Character: Character] = [
        "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "é": "e", "è": "e", "à": "a",
        "ê": "e",
    ]

    private static func without(_ word: String, in text: String) -> String {
        let (letters, gone) = (Array(text), Array(word))
        var out = ""
        var at = 0
        while at < letters.count {
            if letters[at...].starts(with: gone) {
                at += gone.count
            } else {
                out.append(letters[at])
                at += 1
            }
        }
        return out
    }

    /// What a text repeats: "soleil" of "soleilsoleil"; itself otherwise.
    private static func unit(of text: String) -> String {
        let letters = Array(text)
        guard letters.count >= 2 else { return text }
        for length in 1...(letters.count / 2) where letters.count % length == 0 {
            if letters.indices.allSatisfy({ letters[$0] == letters[$0 % length] }) { return String(letters[..<length]) }
        }
        return text
    }

    /// Words and rows of keys that lists of leaked passwords begin with, English, French and this product's, in lower case.
    private static let common: Set<String> = Set(
        """
        password passwort passe motdepasse mot-de-passe mot_de_passe mdp secret secrets admin administrator administrateur
        administrateurs adminadmin root toor user utilisateur guest invite test tests testtest demo default changeme changemoi
        changeit letmein welcome bienvenue bonjour bonsoir salut coucou hello helloworld login logon connexion identifiant
        access acces entree master maitre superuser superman batman spiderman pokemon dragon monkey princess princesse
        sunshine soleil shadow football footballer baseball basketball soccer rugby hockey tennis michael michelle jennifer
        jordan hunter ranger killer thomas nicolas julien camille marine chloe lea manon emma lucas hugo louis alexandre
        alexandra charlotte caroline isabelle sebastien stephane stephanie christophe christine frederic dominique philippe
        catherine nathalie patrick laurent sandrine valerie veronique jerome antoine maxime mathieu matthieu guillaume
        qwerty qwertyui qwertyuiop qwertz qwertzuiop azerty azertyu azertyui azertyuio azertyuiop azertyuiopqsdfghjklm
        azertyqwerty qwertyazerty azer azeqsd azeqsdwxc qsdfgh qsdfghj qsdfghjk qsdfghjkl qsdfghjklm wxcvbn asdf asdfgh asdfghj
        asdfghjk asdfghjkl zxcvbn zxcvbnm aqwzsx aqwzsxedc aqwzsxedcrfv qazwsx qazwsxedc qazwsxedcrfv qaywsx qaywsxedc
        aze qsd wxc qwe asd zxc qweasd qweasdzxc poiuytreza poiuytrewq mlkjhgfdsq nbvcxw mnbvcxz abc abcd abcde abcdef abcdefg
        abcdefgh abcdefghi abcdefghij abcdefghijkl abcdefghijklmnop abcabc aaa iloveyou jetaime jetaimetoi jtm loveyou
        love loveme amour amours monamour cheri cherie doudou loulou chouchou bebe maman papa famille family mother father
        marseille paris lyon toulouse bordeaux lille nantes nice strasbourg rennes grenoble montpellier olympique
        psg asse om france francais bretagne corsica corse london england america canada quebec belgique suisse geneve
        vacances voyage maison voiture chocolat chocolate cookie banane orange fraise cerise pomme poisson tigre lapin
        nounours minou chaton chat chien cheval licorne papillon dauphin etoile lune fleur rose violette liberte egalite
        fraternite libertefraternite freedom whatever trustno trustnoone nothing starwars matrix computer ordinateur
        internet windows microsoft google facebook instagram youtube linkedin twitter amazon samsung iphone android apple
        oracle cisco server serveur service system systeme network reseau backup sauvegarde office bureau company entreprise
        societe business travail work january february march april june july august september october november december
        janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre monday tuesday wednesday thursday
        friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche spring summer autumn winter printemps ete
        automne hiver noel christmas halloween birthday anniversaire ninja samurai ferrari porsche mercedes harley mustang
        corvette peugeot renault citroen zidane ronaldo messi neymar mbappe liverpool chelsea arsenal barcelona juventus
        jesus jesuschrist blessed angel ange angels diable heaven paradis music musique guitar guitare metallica nirvana
        eminem naruto sasuke minecraft fortnite playstation nintendo gamer hacker hack cheese pepper ginger summerlove
        quai quais quaiquai edge edgeingest edgeagent ingest gateway passerelle odoo tryton asterisk erp mqtt mosquitto
        raspberry raspberrypi stock stocks inventaire inventory depot entrepot warehouse magasin livraison livraisons
        logistique camion palette palettes scanner reader lecteur dock docks badge code codepin codesecret pin temporaire temp
        provisoire nouveau newpassword newpass mypassword monmotdepasse passpass passpasspass passpartout sesame
        sesameouvretoi ouvretoi opensesame fuckyou fuckoff merde putain connard biteme asshole
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}

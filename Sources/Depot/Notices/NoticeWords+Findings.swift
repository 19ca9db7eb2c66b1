extension NoticeWords {
    /// The findings of `doctor` that somebody is told of, by their codes, with their titles as the catalogues and the pages have them: those
    /// that do not heal by themselves and of which no other notice tells (a silent gateway, a reader, a buffer, a key, a push and a webhook
    /// have their own).
    public static let findings: [String: (fr: String, en: String)] = [
        "clock-unset": ("L’horloge de cette machine n’est pas à l’heure", "The clock of this machine is not set"),
        "disk-full": ("Le disque de la base est plein", "The disk of the database is full"),
        "disk-low": ("Le disque de la base se remplit", "The disk of the database fills up"),
        "secret-unreadable": ("Un secret ne peut pas être lu", "A secret cannot be read"),
        "secret-owner": ("Le fichier d’un secret n’est pas au service", "A secret's file is not the service's"),
        "certificate-unreadable": ("Un certificat ne peut pas être lu", "A certificate cannot be read"),
        "certificate-refused": ("Le certificat des pages n’est pas pris", "The pages' certificate is not taken"),
        "authority-ends": ("L’autorité du site expire dans l’année", "The site's authority ends within a year"),
        "authority-late": (
            "L’autorité du site n’est toujours pas remplacée", "The site's authority is not replaced yet"
        ),
        "gateway-authority": (
            "Une passerelle porte un certificat d’une ancienne autorité",
            "A gateway carries a certificate of a former authority"
        ),
        "gateway-alarm": ("Une passerelle a une alarme", "A gateway has an alarm"),
        "broker-unreachable": ("Le broker ne peut pas être joint", "The broker cannot be reached"),
        "broker-refuses": ("Le broker refuse le centre", "The broker refuses the centre"),
        "broker-denies": (
            "La liste d’accès du broker écarte le centre", "The broker's access list keeps the centre out"
        ),
        "dead-letters": ("Des enregistrements n’ont pas pu être appliqués", "Records could not be applied"),
        "provider-role": (
            "Les groupes d’un fournisseur donnent un rôle qui n’existe pas",
            "A provider's groups give a role that is not there"
        ),
        "backup-old": ("La dernière copie de la base est vieille", "The last copy of the database is old"),
        "agent-configuration-broken": ("La configuration ne peut pas être lue", "The configuration cannot be read"),
        "agent-configuration-refused": (
            "Une configuration modifiée a été refusée", "A changed configuration was refused"
        ),
        "agent-configuration-taken-back": (
            "La dernière configuration du centre n’est pas utilisée", "The centre's last configuration is not used"
        ),
        "agent-clock-unset": ("L’horloge de cette machine n’est pas à l’heure", "The clock of this machine is not set"),
        "agent-clock-far": ("L’horloge est loin de celle du centre", "The clock is far from the centre's"),
        "agent-state-closed": (
            "La passerelle ne peut pas écrire là où est son tampon", "The agent may not write where its buffer lies"
        ),
        "agent-disk-full": ("Le disque du tampon est plein", "The disk of the buffer is full"),
        "agent-disk-low": ("Le disque du tampon se remplit", "The disk of the buffer fills up"),
        "agent-inodes-low": (
            "Le disque du tampon ne prend plus de fichiers", "The disk of the buffer takes no more files"
        ),
        "agent-buffer-set-aside": ("Un tampon abîmé a été mis de côté", "A damaged buffer was set aside"),
        "agent-secret-unreadable": ("Un secret ne peut pas être lu", "A secret cannot be read"),
        "agent-certificate-unreadable": ("Un certificat ne peut pas être lu", "A certificate cannot be read"),
        "agent-certificate-ended": ("Un certificat a expiré", "A certificate has ended"),
        "agent-certificate-ends": ("Un certificat expire dans les 30 jours", "A certificate ends within 30 days"),
        "agent-broker-denies": (
            "La liste d’accès du broker écarte cette passerelle", "The broker's access list keeps this agent out"
        ),
        "centre-refuses": (
            "Le centre ne prend pas ce que dit cette passerelle", "The centre does not take what this agent says"
        ),
        "reader-country": ("Un lecteur n’a pas le droit d’émettre", "A reader may not transmit"),
        "exchange-unreachable": ("Le central téléphonique ne peut pas être joint", "The exchange cannot be reached"),
        "exchange-refuses": ("Le central refuse la connexion", "The exchange refuses the login"),
        "exchange-silent": ("Le central ne répond pas", "The exchange does not answer"),
    ]

    /// The template of a finding that begins, or is over.
    static func finding(_ code: String?, _ type: NoticeType, _ language: Language) -> String? {
        guard let title = code.flatMap({ findings[$0] }) else { return nil }
        return switch (type, language) {
        case (.findingOver, .fr): "Réglé : {subject}, \(title.fr) {detail}"
        case (.findingOver, .en): "Put right: {subject}, \(title.en) {detail}"
        case (_, .fr): "{subject} : \(title.fr) {detail}"
        case (_, .en): "{subject}: \(title.en) {detail}"
        }
    }
}

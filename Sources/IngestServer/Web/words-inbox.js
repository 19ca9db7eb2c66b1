// Words of what is behind the bell.

export const inbox = {
  fr: {
    bell: "Avis : {unread} non lus, {open} à traiter", inboxNow: "À traiter maintenant", inboxTold: "Ce qui vous a été signalé",
    inboxOnly: "Lesquels", inboxOnly_all: "Tous", inboxOnly_unread: "Non lus", inboxOnly_snoozed: "Remis à plus tard", inboxPriority: "Priorité", inboxPriorities: "Toute priorité", inboxType: "Genre", inboxTypes: "Tout genre", inboxNoneSuch: "Aucun avis ne correspond à ce choix.", inboxEvery: "Tout montrer",
    priority_critical: "Urgent", priority_high: "Important", priority_normal: "Normal", priority_low: "Pour information",
    inboxUnread: "Non lus", inboxRead: "Lus", inboxMarkAll: "Tout marquer comme lu", inboxRemoveRead: "Effacer les lus", inboxTest: "M’envoyer un essai", inboxTestText: "Ceci est un essai.",
    inboxOpen: "Voir", inboxMarkRead: "Lu", inboxMarkUnread: "Non lu", inboxRemove: "Effacer", inboxSnooze: "Plus tard…", inboxHour: "Dans une heure", inboxTomorrow: "Demain à 8 h", inboxWeek: "Dans une semaine", inboxUntil: "jusqu’à {when}",
    inboxMore: "Afficher la suite", inboxKeys: "Clavier : ↑ et ↓ d’un avis à l’autre, Entrée ouvre, R lu ou non lu, S dans une heure, Suppr efface.",
    prefer: "Ce que je veux savoir", preferType: "Avis", preferTold: "Signalé", preferHeard: "Sonore", preferQuiet: "Heures calmes", preferFrom: "De", preferUntil: "À", preferQuietHint: "Rien ne sonne pendant ces heures ; la cloche compte quand même.",
    "did_notice.test": "Avis d’essai", "code_no-such-notice": "Cet avis n’est plus là.", "code_ids-needed": "Dites lesquels.", "code_bad-type": "Le serveur ne connaît pas ce genre d’avis.",
  },
  en: {
    bell: "Notices: {unread} unread, {open} to see to", inboxNow: "To see to now", inboxTold: "What you were told",
    inboxOnly: "Which ones", inboxOnly_all: "All", inboxOnly_unread: "Unread", inboxOnly_snoozed: "Put off", inboxPriority: "Priority", inboxPriorities: "Every priority", inboxType: "Kind", inboxTypes: "Every kind", inboxNoneSuch: "No notice is of this choice.", inboxEvery: "Show all",
    priority_critical: "Urgent", priority_high: "Important", priority_normal: "Normal", priority_low: "For information",
    inboxUnread: "Unread", inboxRead: "Read", inboxMarkAll: "Mark all as read", inboxRemoveRead: "Remove those read", inboxTest: "Send me a test", inboxTestText: "This is a test.",
    inboxOpen: "Show", inboxMarkRead: "Read", inboxMarkUnread: "Unread", inboxRemove: "Remove", inboxSnooze: "Later…", inboxHour: "In an hour", inboxTomorrow: "Tomorrow at 8", inboxWeek: "In a week", inboxUntil: "until {when}",
    inboxMore: "Show more", inboxKeys: "Keys: ↑ and ↓ from one notice to the next, Enter opens, R read or unread, S in an hour, Del removes.",
    prefer: "What I want to know", preferType: "Notice", preferTold: "Told", preferHeard: "Heard", preferQuiet: "Quiet hours", preferFrom: "From", preferUntil: "Until", preferQuietHint: "Nothing sounds in these hours; the bell counts all the same.",
    "did_notice.test": "Test notice", "code_no-such-notice": "This notice is gone.", "code_ids-needed": "Say which ones.", "code_bad-type": "The server does not know this kind of notice.",
  },
};

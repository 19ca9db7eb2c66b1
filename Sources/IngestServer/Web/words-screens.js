// Screens that are bound to their docks, and badges that are read there.

export const boundWords = {
  fr: {
    boundScreens: "Écrans de quai", boundScreensHint: "Un écran lié à son quai reste à la page de connexion : un badge montré au lecteur de ce quai y connecte son porteur. Liez-le depuis l’écran lui-même.",
    boundScreensNone: "Aucun écran n’est lié à un quai", boundScreenBind: "Lier cet écran", boundScreenName: "Nom de l’écran", boundScreenZone: "Quai", boundScreenDevice: "Lecteur (passerelle/lecteur), si un seul doit compter", boundScreenBoundAs: "Lié : {name}. Déconnectez-vous, l’écran attend les badges.",
    boundScreenEnd: "Ne plus lier", boundScreenEndTitle: "Ne plus lier {name} ?", boundScreenEndText: "Les badges n’y connectent plus personne, et les sessions ouvertes sur cet écran se terminent.", boundScreenSince: "lié {when} par {who}", boundScreenSeen: "vu {when} ({where})", boundScreenUnseen: "n’a pas encore attendu de badge",
    boundScreenWaits: "Montrez votre badge au lecteur de {zone}.", boundScreenPaused: "Une autre page de cet écran attend les badges.", badgeNobody: "Ce badge n’est à personne.",
    "did_session.screen": "Écran lié à un quai", "did_session.screen-end": "Écran délié", "did_session.screen-moved": "Écran vu depuis une autre adresse", "did_session.badge-unused": "Badge lu, sans effet",
    boundTaken: "Ce lecteur a déjà un écran : déliez-le d’abord.", boundTooMany: "Il y a déjà trop d’écrans.", boundGone: "Cet écran n’est plus lié.",
    "code_pin-missing": "Il faut un code.",
  },
  en: {
    boundScreens: "Screens of docks", boundScreensHint: "A screen that is bound to its dock stands at the sign-in page: who shows a badge at that dock’s reader is signed in there. Bind it from the screen itself.",
    boundScreensNone: "No screen is bound to a dock", boundScreenBind: "Bind this screen", boundScreenName: "Name of the screen", boundScreenZone: "Dock", boundScreenDevice: "Reader (gateway/reader), where one alone is to count", boundScreenBoundAs: "Bound: {name}. Sign out, and the screen waits for badges.",
    boundScreenEnd: "Bind no more", boundScreenEndTitle: "Bind {name} no more?", boundScreenEndText: "Badges sign nobody in there any more, and sessions that were opened on that screen end.", boundScreenSince: "bound {when} by {who}", boundScreenSeen: "seen {when} ({where})", boundScreenUnseen: "has not waited for a badge yet",
    boundScreenWaits: "Show your badge at the reader of {zone}.", boundScreenPaused: "Another page of this screen waits for badges.", badgeNobody: "This badge is nobody’s.",
    "did_session.screen": "Screen bound to a dock", "did_session.screen-end": "Screen bound no more", "did_session.screen-moved": "Screen seen from another address", "did_session.badge-unused": "Badge read, without effect",
    boundTaken: "That reader has a screen already: end that one first.", boundTooMany: "There are too many screens already.", boundGone: "That screen is bound no more.",
    "code_pin-missing": "A PIN is needed.",
  },
};

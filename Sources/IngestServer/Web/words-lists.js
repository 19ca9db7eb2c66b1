// Words of lists that are long, empty or broken.

export const lists = {
  fr: {
    helpTitle: "Aide sur cette page", helpWhat: "Que faire ?", help: "Aide", helpFirst: "Que faire", helpBroken: "Si ça ne marche pas", helpMore: "Voir aussi", helpAll: "Toute l’aide", helpOpen: "Ouvrir", helpDock: "Au quai et au dépôt", helpDesk: "Au téléphone", helpOffice: "Au bureau", helpNone: "Il n’y a pas d’aide de ce nom ; voici toute l’aide.",
    dec_signed: "Signé à la remise", "did_delivery.signed": "Remise signée", "did_take.signed": "Signé", dec_photo: "Photo des marchandises", "did_delivery.photo": "Photo des marchandises jointe", "did_take.photo": "Photo jointe", photosOfGoods: "Photos des marchandises", slip: "Bon à imprimer", signature: "Signature (facultative)", signatureNeeded: "Signature (obligatoire)", "code_signature-needed": "Il faut une signature avant de clôturer : un dessin, ou un nom.", "code_no-signatures": "Ici, personne ne signe : [receiving] signature vaut off.", signHere: "Signez ici", signAgain: "Effacer", signName: "Nom, au clavier", signed: "Signé", signedBy: "Signé par {who}",
    onlyUnknown: "Tout ce qui est connu est juste ; dites ci-dessous ce que sont les étiquettes inconnues.", answeredByNobody: "répondu", state_open: "En cours", state_late: "En retard", state_today: "Aujourd’hui", state_later: "À venir", state_closed: "Clôturées",
    daysLate: "{n} jours de retard", daysLate_one: "{n} jour de retard", expectedToday: "attendue aujourd’hui",
    deliverySearch: "Bon, fournisseur, commande, quai", only_dock: "Tous les quais", only_supplier: "Tous les fournisseurs",
    notHere: "Cette page n’est pas encore là", notHereHint: "Le serveur ne répond pas. Elle s’affichera dès qu’il est de retour ; ce qui est scanné entre-temps est gardé.", tryAgain: "Réessayer", fewerWords: "Essayez avec moins de lettres, ou un numéro.", noClients: "Aucun client encore", noClientsHint: "Importez un fichier (CSV ou Excel) ici, ou créez le premier depuis la fiche d’un appel. Un ERP connecté les apporte tout seul.",
    moreEntries: "Afficher {n} autres", moreEntries_one: "Afficher {n} autre", moreDeliveries: "Afficher la suite ({n} autres)", moreDeliveries_one: "Afficher la suite ({n} autre)",
    "code_bad-query": "Cette recherche n’est pas comprise par le serveur.",
    noneMatch: "Aucune livraison ne correspond", noneMatchHint: "Enlevez un filtre, ou cherchez plus loin dans le temps.", clearFilters: "Enlever les filtres",
  },
  en: {
    helpTitle: "Help on this page", helpWhat: "What to do?", help: "Help", helpFirst: "What to do", helpBroken: "When it does not work", helpMore: "See also", helpAll: "All help", helpOpen: "Open", helpDock: "At the dock and in the depot", helpDesk: "At the telephone", helpOffice: "In the office", helpNone: "There is no help of that name; here is all of it.",
    dec_signed: "Signed on delivery", "did_delivery.signed": "Delivery signed for", "did_take.signed": "Signed", dec_photo: "Photo of the goods", "did_delivery.photo": "Photo of the goods added", "did_take.photo": "Photo added", photosOfGoods: "Photos of the goods", slip: "Slip to print", signature: "Signature (optional)", signatureNeeded: "Signature (required)", "code_signature-needed": "Somebody has to sign before it is closed: a drawing, or a name.", "code_no-signatures": "Nobody signs here: [receiving] signature is off.", signHere: "Sign here", signAgain: "Clear", signName: "Name, by keyboard", signed: "Signed", signedBy: "Signed by {who}",
    onlyUnknown: "All that is known is right; say below what the unknown tags are.", answeredByNobody: "answered", state_open: "Open", state_late: "Late", state_today: "Today", state_later: "Coming", state_closed: "Closed",
    daysLate: "{n} days late", daysLate_one: "{n} day late", expectedToday: "expected today",
    deliverySearch: "Note, supplier, order, dock", only_dock: "All docks", only_supplier: "All suppliers",
    notHere: "This page is not here yet", notHereHint: "The server does not answer. It appears as soon as it is back; what is scanned meanwhile is kept.", tryAgain: "Try again", fewerWords: "Try fewer letters, or a number.", noClients: "No client yet", noClientsHint: "Import a file (CSV or Excel) here, or create the first from the card of a call. A connected ERP brings them by itself.",
    moreEntries: "Show {n} more", moreEntries_one: "Show {n} more", moreDeliveries: "Show {n} more", moreDeliveries_one: "Show {n} more",
    "code_bad-query": "The server does not understand this search.",
    noneMatch: "No delivery matches", noneMatchHint: "Take a filter off, or search further back.", clearFilters: "Clear the filters",
  },
};

// Words of lists that are long, empty or broken.

export const lists = {
  fr: {
    dec_signed: "Signé à la remise", "did_delivery.signed": "Remise signée", "did_take.signed": "Signé", signature: "Signature (facultative)", signHere: "Signez ici", signAgain: "Effacer", signName: "Nom, au clavier", signed: "Signé", signedBy: "Signé par {who}",
    onlyUnknown: "Tout ce qui est connu est juste ; dites ci-dessous ce que sont les étiquettes inconnues.", answeredByNobody: "répondu", state_open: "En cours", state_late: "En retard", state_today: "Aujourd’hui", state_later: "À venir", state_closed: "Clôturées",
    daysLate: "{n} jours de retard", daysLate_one: "{n} jour de retard", expectedToday: "attendue aujourd’hui",
    deliverySearch: "Bon, fournisseur, commande, quai", only_dock: "Tous les quais", only_supplier: "Tous les fournisseurs",
    moreDeliveries: "Afficher la suite ({n} autres)", moreDeliveries_one: "Afficher la suite ({n} autre)",
    "code_bad-query": "Cette recherche n’est pas comprise par le serveur.",
    noneMatch: "Aucune livraison ne correspond", noneMatchHint: "Enlevez un filtre, ou cherchez plus loin dans le temps.", clearFilters: "Enlever les filtres",
  },
  en: {
    dec_signed: "Signed on delivery", "did_delivery.signed": "Delivery signed for", "did_take.signed": "Signed", signature: "Signature (optional)", signHere: "Sign here", signAgain: "Clear", signName: "Name, by keyboard", signed: "Signed", signedBy: "Signed by {who}",
    onlyUnknown: "All that is known is right; say below what the unknown tags are.", answeredByNobody: "answered", state_open: "Open", state_late: "Late", state_today: "Today", state_later: "Coming", state_closed: "Closed",
    daysLate: "{n} days late", daysLate_one: "{n} day late", expectedToday: "expected today",
    deliverySearch: "Note, supplier, order, dock", only_dock: "All docks", only_supplier: "All suppliers",
    moreDeliveries: "Show {n} more", moreDeliveries_one: "Show {n} more",
    "code_bad-query": "The server does not understand this search.",
    noneMatch: "No delivery matches", noneMatchHint: "Take a filter off, or search further back.", clearFilters: "Clear the filters",
  },
};

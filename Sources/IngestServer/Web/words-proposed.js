// What was decided at a depot's own page and waits for somebody.

export const proposed = {
  fr: {
    depotTitle: "Décidé au dépôt, à confirmer", depotHint: "Pas encore fait : « Faire » l’enregistre sous votre nom.", depotAccept: "Faire", depotRefuse: "Ne pas faire", depotDone: "Fait.", depotLeft: "Rien n’a été changé.",
    depotBy: "Nom donné : {who}, {when}, {zone} (passerelle {agent})", depot_count: "{what} : {n} en tout", depot_damaged: "{n} × {what} endommagé(s)", depot_refuse: "{n} × {what} refusé(s)", depot_close: "Clôturer la livraison",
    depotShort_later: "le manquant viendra plus tard", depotShort_never: "le manquant ne viendra pas", depotExtra_accept: "le surplus est gardé", depotExtra_refuse: "le surplus est renvoyé",
    depotUnknown: "étiquettes inconnues laissées de côté", depotwhy_refused: "Le nom ou le code n’est pas juste.", depotwhy_forbidden: "Cette personne n’y est pas autorisée.", depotwhy_locked: "Trop de codes faux ces derniers temps.", depotwhy_unread: "Le code a été scellé pour une autre clé : il n’a pas pu être vérifié.", depotwhy_closed: "La livraison n’est plus ouverte : rouvrez-la d’abord.", depotwhy_gone: "Cette livraison n’existe plus.", depotwhy_overtaken: "Quelqu’un d’autre a décidé de la même chose depuis.", depotwhy_undecided: "Il reste des questions : répondez-y d’abord.", depotwhy_unsigned: "Il faut d’abord une signature.", depotwhy_impossible: "Cela ne se peut pas : plus que ce qui a été reçu, ou un article inconnu.",
    "did_delivery.proposed": "Décidé au dépôt, à confirmer", "did_delivery.proposal-accepted": "Décision du dépôt faite", "did_delivery.proposal-refused": "Décision du dépôt écartée",
  },
  en: {
    depotTitle: "Decided at the depot, to be confirmed", depotHint: "Not done yet: “Do it” records it under your name.", depotAccept: "Do it", depotRefuse: "Do not", depotDone: "Done.", depotLeft: "Nothing was changed.",
    depotBy: "Name given: {who}, {when}, {zone} (gateway {agent})", depot_count: "{what}: {n} in all", depot_damaged: "{n} × {what} damaged", depot_refuse: "{n} × {what} refused", depot_close: "Close the delivery",
    depotShort_later: "what is missing comes later", depotShort_never: "what is missing does not come", depotExtra_accept: "what is too much is kept", depotExtra_refuse: "what is too much is sent back",
    depotUnknown: "unknown tags left aside", depotwhy_refused: "The name or the PIN is not right.", depotwhy_forbidden: "This person may not do it here.", depotwhy_locked: "Too many wrong PINs lately.", depotwhy_unread: "The PIN was sealed to another key: it could not be checked.", depotwhy_closed: "The delivery is not open any more: open it again first.", depotwhy_gone: "There is no such delivery any more.", depotwhy_overtaken: "Somebody else has decided about the same since.", depotwhy_undecided: "Questions are left: answer them first.", depotwhy_unsigned: "Somebody has to sign first.", depotwhy_impossible: "It cannot be so: more than was received, or an unknown article.",
    "did_delivery.proposed": "Decided at the depot, to be confirmed", "did_delivery.proposal-accepted": "Decision of the depot done", "did_delivery.proposal-refused": "Decision of the depot put aside",
  },
};

// The words of a closed delivery that is received again.

export const reopen = {
  fr: {
    reopenDo: "Rouvrir", reopenTitle: "Rouvrir la livraison {note}", reopenHint: "Ce qui est compté le reste. À la prochaine clôture, seule la différence entre en stock et part à l’ERP.", reopenWhy: "Pourquoi", reopenReason: "Motif (gardé dans l’historique)",
    reopen_late: "Marchandise arrivée plus tard", reopen_miscount: "Erreur de comptage", reopen_wrong: "Mauvaise livraison", reopen_other: "Autre motif", reopenOffer: "La rouvrir ici", reopened: "Livraison {note} rouverte.", reopenedBy: "Rouverte par {who}, {when}, à {zone}",
    "refused_closed-unit": "Cette palette est d’une livraison clôturée : {what}", dec_reopen: "Livraison rouverte", "did_delivery.reopen": "Livraison rouverte", move_corrected: "Rectifié", jobkind_correction: "Rectification",
    restOf: "reste d’une livraison clôturée", undid: "Annulé par {who} : {what}", lostClose: "{who} vient de la clôturer.", lostReopen: "{who} vient de la rouvrir (quai {zone}).", restBegun: "Ce qui manquait a été reçu sous {note} : corrigez cette livraison-là.", restExpected: "Ce qui manque est attendu sous {note} : ouvrez cette livraison-là.",
    "code_reopen-reason": "Dites pourquoi, en trois caractères au moins.", "code_not-closed": "Elle n’est pas clôturée : ouvrez-la comme les autres.", "code_too-old": "Elle est clôturée depuis plus de 90 jours : faites un inventaire, et rectifiez dans l’ERP.", "code_too-often": "Elle a déjà été rouverte trop souvent.",
  },
  en: {
    reopenDo: "Open again", reopenTitle: "Open delivery {note} again", reopenHint: "What is counted stays counted. The next closing books the difference alone, and tells it to the ERP.", reopenWhy: "Why", reopenReason: "Reason (kept in the history)",
    reopen_late: "Goods came later", reopen_miscount: "Counting error", reopen_wrong: "Wrong delivery", reopen_other: "Another reason", reopenOffer: "Open it again here", reopened: "Delivery {note} is open again.", reopenedBy: "Opened again by {who}, {when}, at {zone}",
    "refused_closed-unit": "This pallet is of a delivery that is closed: {what}", dec_reopen: "Delivery opened again", "did_delivery.reopen": "Delivery opened again", move_corrected: "Corrected", jobkind_correction: "Correction",
    restOf: "rest of a closed delivery", undid: "Undone by {who}: {what}", lostClose: "{who} has just closed it.", lostReopen: "{who} has just opened it again (dock {zone}).", restBegun: "What was missing has been received as {note}: correct that delivery.", restExpected: "What is missing is expected as {note}: open that delivery.",
    "code_reopen-reason": "Say why, in at least three characters.", "code_not-closed": "It is not closed: open it as any other.", "code_too-old": "It was closed more than 90 days ago: count the goods, and correct it in the ERP.", "code_too-often": "It was opened again too often.",
  },
};

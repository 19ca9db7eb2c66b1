// Words of the page Repairs, which come with it: what is wrong, since when, and what to do. The findings themselves are sentences (words-findings.js).

export const repairs = {
  fr: {
    repairs: "À réparer", repairsNone: "Rien à réparer", repairsNoneHint: "Le centre et les passerelles en ligne n’ont rien trouvé. Ce qui commence se voit ici en moins d’une minute.", repairsAgain: "Regarder encore",
    repairs_broken: "À l’arrêt", repairs_warning: "À corriger", repairs_note: "À savoir", repairsCentre: "Centre", repairsFix: "À faire", repairsCount: "{n} choses à réparer", repairsCount_one: "{n} chose à réparer",
    repairsERP: "Ouvrir la page ERP", repairsWebhooks: "Ouvrir le journal", repairsGateway: "Voir la passerelle", repairsForget: "Oublier la passerelle",
  },
  en: {
    repairs: "Repairs", repairsNone: "Nothing to repair", repairsNoneHint: "The centre and the gateways that are online found nothing. What begins is seen here in less than a minute.", repairsAgain: "Look again",
    repairs_broken: "Stands still", repairs_warning: "Put right", repairs_note: "Worth knowing", repairsCentre: "Centre", repairsFix: "To do", repairsCount: "{n} things to repair", repairsCount_one: "{n} thing to repair",
    repairsERP: "Open the page ERP", repairsWebhooks: "Open the trail", repairsGateway: "See the gateway", repairsForget: "Forget the gateway",
  },
};

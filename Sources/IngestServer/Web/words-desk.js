// The words of the desk: what a card offers beside who is calling.

export const desk = {
  fr: {
    dialled: "a composé le {number}", lineIs: "ligne {line}", cardMore: "Détails", cardLess: "Réduire", cardsHere: "La fiche de qui appelle s’ouvre ici.",
  },
  en: {
    dialled: "dialled {number}", lineIs: "line {line}", cardMore: "Details", cardLess: "Less", cardsHere: "The card of who calls opens here.",
  },
};

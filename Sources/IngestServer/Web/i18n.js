// Each language of `languages.js`; the browser's decides until somebody switches.

import { languages } from "./languages.js";
import { category, fill, inEnglish, patterns, reworded } from "./wording.js";
import { depot } from "./words-depot.js";
import { imports } from "./words-import.js";
import { office } from "./words-office.js";
import { dock } from "./words-dock.js";
import { desk } from "./words-desk.js";
import { reopen } from "./words-reopen.js";
import { proposed } from "./words-proposed.js";
import { scanning } from "./words-scan.js";
import { lists } from "./words-lists.js";
import { inbox } from "./words-inbox.js";
import { hooks } from "./words-hooks.js";
import { roleWords } from "./words-roles.js";
import { privacy } from "./words-privacy.js";
import { channels } from "./words-channels.js";
import { signing } from "./words-signin.js";
import { openid } from "./words-openid.js";
import { boundWords } from "./words-screens.js";

/** @type {Record<string, Record<string, string>>} */
const words = {
  fr: {
    skip: "Aller au contenu", receiving: "Réception", calls: "Appels", gateways: "Passerelles", name: "Votre nom",
    signIn: "Commencer", signOut: "Se déconnecter", whoAreYou: "Qui êtes-vous ?",
    whyName: "Votre nom est noté avec ce que vous ouvrez et fermez.", soundOn: "Son activé", soundOff: "Son coupé",
    live: "En direct", offline: "Connexion perdue depuis {when}. Les chiffres ne bougent plus, aucune fiche ne s’affiche ; nouvelle tentative…",
    deliveries: "Livraisons", importFile: "Importer", noDeliveries: "Aucune livraison attendue",
    noDeliveriesHint: "Importez un fichier : CSV ou Excel (bon de livraison, fournisseur, GTIN, désignation, quantité), JSON ou avis d’expédition (DESADV, UBL).",
    choose: "Choisissez une livraison", chooseHint: "Ou scannez le code-barres du bon de livraison au quai : elle s’ouvre toute seule.",
    expected: "Attendus", received: "Reçus", missing: "Manquants", extra: "En trop", unknown: "Inconnus",
    open: "Ouvrir au quai", dock: "Quai", close: "Clôturer", exportCSV: "Exporter en CSV", back: "Toutes les livraisons",
    article: "Article", status_expected: "Attendue", status_open: "En cours", status_closed: "Clôturée", paused: "En pause",
    resume: "Reprendre ici", waiting: "En attente du premier article…", confirmClose: "Clôturer cette réception ?",
    closeSum: "{received} {received|reçu|reçus} sur {expected}.", closeMissing: "{n} manquants", closeExtra: "{n} en trop", closeUnknown: "{n} inconnus",
    allThere: "Tout est là.", cancel: "Annuler", closedBy: "Clôturée par {who}, {when}",
    v_expected: "Reçu", v_extra: "En trop", v_unknown: "Inconnu", v_complete: "Complet !", unknownTags: "Étiquettes inconnues",
    stray: "Un article est passé au quai {zone} sans livraison ouverte.", lines: "{n} lignes", lines_one: "{n} ligne", closeMissing_one: "{n} manquant", closeExtra_one: "{n} en trop", closeUnknown_one: "{n} inconnu", saved: "Client enregistré.", unreachable: "Le serveur ne répond pas.", "cause_rejected-by-pbx": "refusé par le standard", "code_unit-in-use": "Il y en a en stock dans l’unité d’avant : elle ne change plus.", "code_name-needed": "Il faut un nom.", "code_bad-extension": "Un poste a 1 à 16 lettres ou chiffres.", "code_no-such-call": "Cet appel n’est plus en cours.", "code_no-such-delivery": "Cette livraison n’existe pas.", "code_number-needed": "Il faut un numéro.", "code_zone-needed": "Dites à quel quai.",
    importCheck: "Lignes bonnes : {accepted} · livraisons : {deliveries} · refusées : {refused}", importRefused: "Refusé", importRemarks: "Compris autrement, ou laissé de côté", importMore: "… et {n} {n|autre|autres}", importDo: "Importer", importLine: "Ligne {n} : {why}", titled: "{title} : {what}",
    imported: "{n} {n|ligne importée|lignes importées}.", telephone: "Votre téléphone", extensionLabel: "Numéro de poste", siteLabel: "Site", otherSite: "autre", claim: "Prendre ce poste",
    release: "Rendre", claimHint: "Prenez votre poste : la fiche du client s’ouvrira dès qu’il sonne, pour vous seul.",
    dial: "Appeler", dialHint: "Numéro à appeler", missedCalls: "Appels manqués", history: "Derniers appels", noMissed: "Aucun appel manqué.",
    noHistory: "Aucun appel encore.", done: "Traité", ringing: "Sonne", dialling: "Appelle", talking: "En ligne", held: "En attente", over: "Terminé", missed: "Manqué",
    withheld: "Numéro masqué", unknownCaller: "Appelant inconnu", severalMatch: "Plusieurs clients ont ce numéro. Qui est-ce ?",
    otherOne: "Changer", createClient: "Créer le client", company: "Société", clientName: "Nom", number: "Numéro", save: "Enregistrer",
    openDeliveries: "Livraisons en cours", none: "Aucune", noCalls: "Aucun", notOrdered: "Non commandé, hors catalogue", lastCalls: "Derniers appels de ce client", callBack: "Rappeler", dismiss: "Fermer",
    via: "via {queue}", answeredBy: "répondu par {who}", notAnswered: "sans réponse", inbound: "Entrant", outbound: "Sortant", internal: "Interne",
    cause_normal: "terminé", "cause_answered-elsewhere": "pris par un collègue", "cause_caller-gave-up": "l’appelant a raccroché",
    "cause_no-answer": "sans réponse", cause_busy: "occupé", cause_declined: "refusé", cause_lost: "liaison perdue", cause_failed: "échec",
    cause_unreachable: "injoignable", "cause_pbx-stopped": "standard arrêté", cause_forwarded: "renvoyé",
    d_accepted: "Demande envoyée…", "d_ringing-you": "Votre téléphone sonne : décrochez.", "d_ringing-them": "Ça sonne chez eux…",
    d_talking: "En ligne.", d_done: "Appel terminé.", d_failed: "Échec : {cause}", d_cancelled: "Appel annulé.", d_expired: "Trop tard : abandonné.",
    d_unknown: "Liaison coupée : vérifiez votre téléphone.", hangUp: "Annuler l’appel", online: "Connectée", offlineAgent: "Déconnectée", since: "depuis {when}",
    pending: "En attente", produced: "Produits", committed: "Enregistrés", rejected: "Refusés", skipped: "Sautés", accountClosed: "Compte juste",
    accountOpen: "Le compte ne tombe pas juste", noGateways: "Aucune passerelle ne s’est encore annoncée",
    noGatewaysHint: "Installez edge-agent sur une machine du dépôt et donnez-lui l’adresse du serveur MQTT.", clockBehind: "L’horloge de cette passerelle a {amount} de retard : les âges et les heures d’appel sont corrigés d’autant. Mettez-la à l’heure (NTP).", clockAhead: "L’horloge de cette passerelle a {amount} d’avance : les âges et les heures d’appel sont corrigés d’autant. Mettez-la à l’heure (NTP).", timeCorrected: "heure corrigée", oldest: "plus ancien : {when}",
    version: "version {v}", s_ready: "Prêt", s_starting: "Démarrage", s_missing: "Absent", s_denied: "Accès refusé", s_gone: "Débranché", s_recognising: "Identification…", s_likely: "À confirmer", s_unknown: "Inconnu", s_held: "Pris par un autre programme", "s_no-country": "Pays à indiquer", askedWho: "Interrogé : {who}", rate: "{n} {n|lecture|lectures}/s", faults: "{n} défauts", overruns: "{n} {n|paquet perdu|paquets perdus}", lastFault: "Dernier défaut : {why}", antenna: "Antenne {n}", antennaOff: "débranchée", faults_one: "{n} défaut", seen_one: "{n} lecture", present_one: "{n} présent", oneAntenna: "Antenne", s_failed: "En panne",
    s_failing: "En défaut", present: "{n} présents", seen: "{n} lectures", centreHas: "Le centre a enregistré {n}", delivering: "Transmission en cours",
    configRefused: "Configuration {n} refusée : {why}", configTrial: "Configuration {n} à l’essai", level_warning: "Tampon rempli à {n} %.", "level_saving": "Tampon rempli à {n} % : les passages répétés sont regroupés.", "level_deliveries-only": "Tampon rempli à {n} % : les comptages de stock sont refusés, les livraisons passent.", level_full: "Tampon plein : plus rien n’est enregistré.", notDelivering: "Pas de transmission", notSaved: "Rien n’est enregistré : {why}", justNow: "à l’instant",
    error: "Erreur : {why}", noise: "{n} {n|octet|octets} de parasites", unknownNumber: "Numéro inconnu",
    "code_emergency-number": "Les numéros d’urgence se composent à la main.", "code_premium-number": "Les numéros surtaxés ne sont pas appelés d’un clic.",
    "code_short-number": "Les numéros courts se composent à la main : leur prix est annoncé quand ils répondent.",
    "code_not-a-number": "Ce n’est pas un numéro que l’on peut appeler.", "code_no-extension": "Prenez d’abord votre poste.",
    "code_no-telephone-link": "Aucune passerelle n’a de liaison avec un standard.", "code_too-many-calls": "Trop d’appels en une minute.",
    "code_not-open": "Cette livraison n’est pas ouverte, ou quelqu’un vient de la clôturer.", "code_delivery-closed": "Cette livraison est clôturée.",
    "code_too-large": "Ce fichier est trop grand.", callsRunning: "{n} en cours",
    note: "Note", notePlaceholder: "Ce qui a été dit…", noteSaving: "…", noteSaved: "Enregistré", noteWaits: "Pas encore enregistré : le serveur ne répond pas.", noteRefused: "Non enregistré, nouvel essai…",
    disposition: "Motif de l’appel", dispositionNone: "Motif…", disp_order: "Commande", disp_quote: "Devis", disp_delivery: "Livraison", disp_complaint: "Réclamation", disp_appointment: "Rendez-vous", disp_invoice: "Facture", "disp_wrong-number": "Faux numéro", disp_other: "Autre",
    details: "Détails", legRang: "sonné {time}", legTalked: "parlé {time}", legHolds: "{n} {n|mise|mises} en attente", legTransfer: "transféré par {by} à {to}", outside: "extérieur", takenBy: "pris par {who}", again: "{n}ᵉ appel en une minute", transferredBy: "transféré par {by}", guessMatch: "Personne n’a ce numéro exact. Peut-être :", whyGuess: "numéro proche : {number}", whyDeliveries: "{n} livraisons en cours", whyDeliveries_one: "{n} livraison en cours", whyChosen: "choisi par {who}, {when}",
    teamNow: "L’équipe en ce moment", watchTalks: "avec {who}", watchRings: "sonne chez {who}", watchWaits: "dans la file", watchOffered: "arrive", keys: "Raccourcis", closeHelp: "Fermer", keyEsc: "fermer la fiche, quitter un champ", keyN: "écrire la note", keyC: "créer le client", key1: "choisir le client", keyD: "composer un numéro", keySearch: "chercher un appel", keyM: "aller aux appels manqués",
    notifyWhy: "Être averti d’un appel même quand une autre fenêtre est devant.", notifyAsk: "Autoriser les notifications", take: "Je m’en occupe", giveBack: "Je rends", takenByMe: "vous rappelez", takenBySomebody: "{who} s’en occupe", times: "{n} {n|appel|appels}", searchHint: "Client, numéro ou note", wholeTeam: "Toute l’équipe", nothingFound: "Rien trouvé.",
    whyTitle: "Pourquoi cette fiche s’est-elle affichée, ou non ?", whyWhen: "Heure", whyDesk: "Poste", whyPeople: "Pris par", whyVerdict: "Fiche", why_shown: "affichée : {browsers}", why_sent: "envoyée à {browsers}, affichage non confirmé", "why_nobody-claims": "personne n’a pris ce poste", "why_no-browser": "aucun navigateur ouvert",
    lineDown: "Standard {name} : {why}, depuis {when}. Aucune fiche ne peut s’afficher.", doubt: "{n} appels ont pu échapper entre {from} et {to} ({name}).", doubt_one: "Un appel a pu échapper entre {from} et {to} ({name}).", unclear: "La ligne était coupée entre {from} et {to} ({name}) : on ne sait pas comment {n} appels ont fini.", unclear_one: "La ligne était coupée entre {from} et {to} ({name}) : on ne sait pas comment un appel a fini.", perhapsMissed: "peut-être manqué", perhapsMissedWhy: "Il sonnait ou attendait quand la ligne du standard a été coupée ; personne ne peut dire si quelqu’un a répondu.", doubtSome: "Des appels ont pu échapper entre {from} et {to} ({name}).",
    "code_disk-full": "Le disque du serveur est plein : rien n’a été enregistré.", "code_standing-by": "Un autre serveur prend le relais : rien n’a été enregistré.", "code_database-unavailable": "La base de données du serveur ne répond pas : rien n’a été enregistré.", "code_taken": "Un collègue s’en occupe, ou c’est fait.", "code_may-not-dial": "Vous n’avez pas le droit d’appeler d’un clic.", "code_may-not-dial-abroad": "Vous n’avez pas le droit d’appeler l’étranger d’un clic.", "code_note-too-long": "Cette note est trop longue.", "code_bad-body": "Une saisie est trop longue ou n’a pas la forme attendue.",
  },
  en: {
    skip: "Skip to content", receiving: "Receiving", calls: "Calls", gateways: "Gateways", name: "Your name",
    signIn: "Start", signOut: "Sign out", whoAreYou: "Who are you?", whyName: "Your name is kept with what you open and close.",
    soundOn: "Sound on", soundOff: "Sound off", live: "Live", offline: "Connection lost since {when}. The numbers stand still, no card can appear; trying again…",
    deliveries: "Deliveries", importFile: "Import", noDeliveries: "No delivery is expected",
    noDeliveriesHint: "Import a file: CSV or Excel (delivery note, supplier, GTIN, description, quantity), JSON or a despatch advice (DESADV, UBL).",
    choose: "Choose a delivery", chooseHint: "Or scan the delivery note's barcode at the dock: it opens by itself.",
    expected: "Expected", received: "Received", missing: "Missing", extra: "Extra", unknown: "Unknown",
    open: "Open at dock", dock: "Dock", close: "Close", exportCSV: "Export CSV", back: "All deliveries", article: "Article",
    status_expected: "Expected", status_open: "Open", status_closed: "Closed", paused: "Paused", resume: "Resume here", waiting: "Waiting for the first item…",
    confirmClose: "Close this reception?", closeSum: "{received} of {expected} received.", closeMissing: "{n} missing", closeExtra: "{n} extra",
    closeUnknown: "{n} unknown", allThere: "Everything is here.", cancel: "Cancel", closedBy: "Closed by {who}, {when}",
    v_expected: "Received", v_extra: "Extra", v_unknown: "Unknown", v_complete: "Complete!", unknownTags: "Unknown tags",
    stray: "Something passed dock {zone} with no delivery open.", lines: "{n} lines", lines_one: "{n} line", saved: "Client saved.", unreachable: "The server does not answer.", "cause_rejected-by-pbx": "refused by the exchange",
    importCheck: "Good lines: {accepted} · deliveries: {deliveries} · refused: {refused}", importRefused: "Refused", importRemarks: "Understood otherwise, or left out", importMore: "… and {n} more", importDo: "Import", importLine: "Line {n}: {why}", titled: "{title}: {what}", imported: "{n} {n|line|lines} imported.",
    telephone: "Your telephone", extensionLabel: "Extension", siteLabel: "Site", otherSite: "other", claim: "Claim", release: "Give back",
    claimHint: "Claim your extension: the client's card opens as soon as it rings, for you alone.", dial: "Call", dialHint: "Number to call",
    missedCalls: "Missed calls", history: "Last calls", noMissed: "No missed call.", noHistory: "No call yet.", done: "Done", ringing: "Ringing", dialling: "Calling",
    talking: "Talking", held: "On hold", over: "Ended", missed: "Missed", withheld: "Number withheld", unknownCaller: "Unknown caller",
    severalMatch: "Several clients have this number. Who is it?", otherOne: "Change", createClient: "Create client", company: "Company",
    clientName: "Name", number: "Number", save: "Save", openDeliveries: "Open deliveries", none: "None", noCalls: "None", notOrdered: "Not ordered, not in the catalogue", lastCalls: "Last calls of this client",
    callBack: "Call back", dismiss: "Dismiss", via: "via {queue}", answeredBy: "answered by {who}", notAnswered: "not answered", inbound: "Inbound",
    outbound: "Outbound", internal: "Internal", cause_normal: "ended", "cause_answered-elsewhere": "taken by a colleague",
    "cause_caller-gave-up": "the caller gave up", "cause_no-answer": "no answer", cause_busy: "busy", cause_declined: "declined",
    cause_lost: "link lost", cause_failed: "failed", cause_unreachable: "unreachable", "cause_pbx-stopped": "exchange stopped", cause_forwarded: "forwarded",
    d_accepted: "Asked…", "d_ringing-you": "Your telephone rings: pick up.", "d_ringing-them": "Ringing them…", d_talking: "Talking.", d_done: "Call ended.",
    d_failed: "Failed: {cause}", d_cancelled: "Call cancelled.", d_expired: "Too late: given up.", d_unknown: "The link broke: look at your telephone.",
    hangUp: "Cancel the call", online: "Connected", offlineAgent: "Disconnected", since: "since {when}", pending: "Waiting", produced: "Produced",
    committed: "Committed", rejected: "Rejected", skipped: "Skipped", accountClosed: "Account closed", accountOpen: "The account does not close",
    noGateways: "No gateway has announced itself yet", noGatewaysHint: "Install edge-agent on a depot machine and give it the MQTT server's address.",
    clockBehind: "This gateway’s clock is {amount} behind: ages and times of calls are corrected by it. Set the clock (NTP).", clockAhead: "This gateway’s clock is {amount} ahead: ages and times of calls are corrected by it. Set the clock (NTP).", timeCorrected: "time corrected", oldest: "oldest: {when}", version: "version {v}", s_ready: "Ready", s_starting: "Starting", s_missing: "Missing", s_denied: "Access denied",
    s_gone: "Unplugged", s_recognising: "Recognising…", s_likely: "To confirm", s_unknown: "Unknown", s_held: "Held by another program", "s_no-country": "Country needed", askedWho: "Asked: {who}", rate: "{n} {n|read|reads}/s", faults: "{n} faults", overruns: "{n} {n|packet|packets} lost", lastFault: "Last fault: {why}", antenna: "Antenna {n}", antennaOff: "unplugged", faults_one: "{n} fault", seen_one: "{n} reading", oneAntenna: "Antenna", s_failed: "Failed", s_failing: "Failing", present: "{n} present", seen: "{n} readings", centreHas: "The centre has committed {n}",
    delivering: "Delivering", configRefused: "Configuration {n} refused: {why}", configTrial: "Configuration {n} on trial", level_warning: "Buffer {n} % full.", "level_saving": "Buffer {n} % full: repeated passages are kept as one.", "level_deliveries-only": "Buffer {n} % full: stock counts are refused, deliveries pass.", level_full: "Buffer full: nothing is saved any more.", notDelivering: "Not delivering", notSaved: "Nothing is saved: {why}", justNow: "just now",
    error: "Error: {why}", noise: "{n} {n|byte|bytes} of noise", unknownNumber: "Unknown number", callsRunning: "{n} running",
    note: "Note", notePlaceholder: "What was said…", noteSaving: "…", noteSaved: "Saved", noteWaits: "Not saved yet: the server does not answer.", noteRefused: "Not saved, trying again…",
    disposition: "What the call was about", dispositionNone: "About…", disp_order: "Order", disp_quote: "Quote", disp_delivery: "Delivery", disp_complaint: "Complaint", disp_appointment: "Appointment", disp_invoice: "Invoice", "disp_wrong-number": "Wrong number", disp_other: "Other",
    details: "Details", legRang: "rang {time}", legTalked: "talked {time}", legHolds: "{n} {n|hold|holds}", legTransfer: "transferred by {by} to {to}", outside: "outside", takenBy: "taken by {who}", again: "call {n} within a minute", transferredBy: "transferred by {by}", guessMatch: "Nobody has this very number. Perhaps:", whyGuess: "similar number: {number}", whyDeliveries: "{n} open deliveries", whyDeliveries_one: "{n} open delivery", whyChosen: "chosen by {who}, {when}",
    teamNow: "The team right now", watchTalks: "with {who}", watchRings: "rings at {who}", watchWaits: "in the queue", watchOffered: "arriving", keys: "Shortcuts", closeHelp: "Close", keyEsc: "close the card, leave a field", keyN: "write the note", keyC: "create the client", key1: "choose the client", keyD: "dial a number", keySearch: "search the calls", keyM: "go to missed calls",
    notifyWhy: "Be told of a call even when another window is in front.", notifyAsk: "Allow notifications", take: "I’ll call back", giveBack: "Give back", takenByMe: "yours", takenBySomebody: "{who} is on it", times: "{n} {n|call|calls}", searchHint: "Client, number or note", wholeTeam: "Whole team", nothingFound: "Nothing found.",
    whyTitle: "Why did a card appear, or not?", whyWhen: "Time", whyDesk: "Extension", whyPeople: "Claimed by", whyVerdict: "Card", why_shown: "shown: {browsers}", why_sent: "sent to {browsers}, not confirmed", "why_nobody-claims": "nobody has claimed this extension", "why_no-browser": "no browser open",
    lineDown: "Exchange {name}: {why}, since {when}. No card can appear.", doubt: "{n} calls may be missing between {from} and {to} ({name}).", doubt_one: "One call may be missing between {from} and {to} ({name}).", unclear: "The line was down between {from} and {to} ({name}): how {n} calls ended is not known.", unclear_one: "The line was down between {from} and {to} ({name}): how one call ended is not known.", perhapsMissed: "perhaps missed", perhapsMissedWhy: "It rang or waited when the exchange’s line broke; nobody can say whether somebody answered.", doubtSome: "Calls may be missing between {from} and {to} ({name}).",
  },
};

/** Languages whose words are here: joined, the first script has those of one (WebWords). */
const here = new Set(Object.keys(words));

for (const more of [depot, imports, office, desk, reopen, proposed, scanning, lists, hooks, roleWords, channels, signing, openid, boundWords, dock, inbox, privacy]) for (const name of Object.keys(words)) Object.assign(words[name], /** @type {typeof words} */ (more)[name]);

/** Sentences that come in English, by their template: those of imports come with what stands in them, all others as text. */
/** @type {Record<string, Record<string, string>>} */
const sentences = {};
/** Those among them that come as text. */
/** @type {Record<string, { catalogue: Record<string, string>, patterns: ReturnType<typeof patterns> }>} */
const heard = {};
/** Templates of imports alone. */
/** @type {Set<string>} */
let asPhrases = new Set();

/**
 * A language of the table, with its words if it brings some.
 * @param {string} code
 * @param {Language} its
 */
export function learn(code, its) {
  languages[code] = its;
  words[code] = { ...words[code], ...its.words };
  sentences[code] = { ...sentences[code], ...its.sentences };
  const catalogue = Object.fromEntries(Object.entries(sentences[code]).filter(([template]) => !asPhrases.has(template)));
  heard[code] = { catalogue, patterns: patterns(Object.keys(catalogue)) };
}
for (const [code, its] of Object.entries(languages)) learn(code, its);

/** Reads the words of all sentences: they are many, and no page waits for them. What is said before is in English. */
export async function learnSentences() {
  const { reasons, spoken } = await import("./sentences.js");
  asPhrases = new Set(Object.keys(reasons).filter((template) => !(template in spoken.fr)));
  sentences.fr = { ...reasons, ...spoken.fr };
  sentences.en = { ...spoken.en };
  for (const template of Object.keys(sentences.fr)) {
    const text = template in sentences.en ? undefined : inEnglish(template);
    if (text !== undefined) sentences.en[template] = text;
  }
  for (const [code, its] of Object.entries(languages)) learn(code, its);
  remembered.clear();
}

/**
 * Words that came later; known ones stay.
 * @param {Record<string, Record<string, string>>} more
 */
export function addWords(more) {
  for (const [code, its] of Object.entries(more)) words[code] = { ...its, ...words[code] };
}

/**
 * Before a language is spoken: its words, where the scripts brought those of another one.
 * @param {string} [code]
 */
export async function bringWords(code = language) {
  if (here.has(code)) return;
  const { others } = await import("./words-others.js");
  addWords(others);
  for (const name of [code, ...Object.keys(others)]) here.add(name);
}

/** Where they do not come: a language whose words are here, until the page is opened again. */
export function makeDo() {
  if (!here.has(language)) language = [...here][0];
}

/** The language of the browser, where there are words for it; English otherwise. */
const ofBrowser = () => Object.keys(languages).find((code) => navigator.language.toLowerCase().startsWith(code)) ?? "en";

let language = localStorage.getItem("language") ?? "";
if (!(language in languages)) language = ofBrowser();

export const lang = () => language;
export const locale = () => languages[language].locale;
export const vocabularies = words;
export const catalogues = sentences;

/**
 * Whether the pages have it.
 * @param {string} code
 */
export const speaks = (code) => code in languages;

/** The language that the button goes to. */
export function nextLanguage() {
  const codes = Object.keys(languages);
  const code = codes[(codes.indexOf(language) + 1) % codes.length];
  return { code, name: languages[code].name };
}

export function switchLanguage(code = nextLanguage().code) {
  language = code;
  remembered.clear();
  localStorage.setItem("language", language);
}

/**
 * A text in the present language; `{name}` is filled from `values`.
 * @param {string} key
 * @param {object} [values]
 */
export function t(key, values) {
  const own = words[language][key];
  const text = own ?? words.en[key] ?? key;
  return values ? fill(text, (name) => /** @type {Record<string, unknown>} */ (values)[name], own === undefined ? languages.en.locale : locale()) : text;
}

/**
 * Whether there is a word of this name.
 * @param {string} key
 */
export const has = (key) => key in words.en || key in words[language];

/**
 * A sentence of the centre in the present language; in English where nobody has worded it.
 * @param {Phrase} phrase
 * @returns {string}
 */
export function told({ template, arguments: parts }) {
  const inner = parts.map((part) => (typeof part === "string" ? part : told(part)));
  const own = sentences[language][template] ?? (parts.length || language === "en" ? undefined : words[language][`field_${template}`]);
  const text = own ?? sentences.en[template];
  if (text !== undefined) return fill(text, (place) => inner[Number(place)], own === undefined ? languages.en.locale : locale());
  let next = 0;
  return template.replace(/\{\}/g, () => inner[next++] ?? "");
}

/** @type {Map<string, string>} */
const remembered = new Map();

/**
 * A sentence that came as English text, from a gateway, an ERP or a journal, in the present language: it is known again by its
 * template. What nobody has worded stays: a person's own words, another program's.
 * @param {string | null | undefined} text
 * @returns {string}
 */
export function worded(text) {
  if (!text) return "";
  const before = remembered.get(text);
  if (before !== undefined) return before;
  const found = reworded(text, heard[language].catalogue, heard[language].patterns, locale()) ?? text;
  if (remembered.size > 500) remembered.clear();
  remembered.set(text, found);
  return found;
}

/** @param {number} milliseconds */
export function when(milliseconds) {
  const date = new Date(milliseconds);
  const sameDay = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });
  return sameDay ? time : `${date.toLocaleDateString(locale(), { day: "2-digit", month: "2-digit" })} ${time}`;
}

/**
 * `{n}` with its word in the right number: the key, or the key with `_one` for a single one.
 * @param {string} key
 * @param {number} n
 */
export function plural(key, n) {
  // Of a word that the language does not have, the English rule.
  const [its, rules] = key in words[language] ? [words[language], locale()] : [words.en, languages.en.locale];
  const form = `${key}_${category(n, rules)}`;
  return t(form in its ? form : key, { n: number(n) });
}

/** @param {number | null | undefined} value */
export const number = (value) => Number(value ?? 0).toLocaleString(locale());

/** What people write for a unit (a code of UN/ECE Recommendation 20): those that can be divided. */
/** @type {Record<string, string>} */
const symbols = { MMT: "mm", CMT: "cm", DMT: "dm", MTR: "m", KMT: "km", INH: "in", FOT: "ft", YRD: "yd", MGM: "mg", GRM: "g", KGM: "kg", DTN: "dt", TNE: "t", LBR: "lb",
  MLT: "ml", CLT: "cl", DLT: "dl", LTR: "l", HLT: "hl", CMQ: "cm³", DMQ: "dm³", MTQ: "m³", MMK: "mm²", CMK: "cm²", DMK: "dm²", MTK: "m²", HAR: "ha", SEC: "s", MIN: "min", HUR: "h", DAY: "d" };

/**
 * Whether it may be counted in parts: metres and kilograms are, pieces and packages are not.
 * @param {string | undefined} unit
 */
export const divisible = (unit) => unit !== undefined && unit in symbols;

/**
 * `m`; a unit without a symbol as it stands; nothing for pieces.
 * @param {string | undefined} unit
 */
export const unitName = (unit) => (!unit || unit === "C62" ? "" : symbols[unit] ?? unit);

/**
 * `12,5 m`, `3`: pieces are not named.
 * @param {number | null | undefined} value
 * @param {string} [unit]
 */
export const amount = (value, unit) => [number(value), unitName(unit)].filter(Boolean).join("\u00A0");

/**
 * Sums of decimals are no sums of binary fractions.
 * @param {number} value
 */
export const exact = (value) => Math.round(value * 1000) / 1000;

/**
 * About how long: minutes, hours or days.
 * @param {number} milliseconds
 */
export function span(milliseconds) {
  const minutes = Math.round(Math.abs(milliseconds) / 60000);
  const [value, unit] = /** @type {[number, "minute" | "hour" | "day"]} */ (minutes < 120 ? [minutes, "minute"] : minutes < 2880 ? [Math.round(minutes / 60), "hour"] : [Math.round(minutes / 1440), "day"]);
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(value);
}

/** @param {number} milliseconds */
export function clock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// Words of webhooks: programs of others that are told what happens.

export const hooks = {
  fr: {
    webhooks: "Webhooks", hookAdd: "Ajouter un webhook", noHooks: "Aucun webhook", noHooksHint: "Un webhook prévient un autre programme de ce qui se passe ici : une requête HTTP signée par événement.",
    hookName: "Nom", hookURL: "Adresse (https)", hookTypes: "Types d’événements", hookTypesHint: "Un par ligne, comme quai.delivery.close ou quai.delivery.*. Rien : tous.", hookPersonal: "Aussi les clients, les appels, et qui a fait quoi", hookAllTypes: "Tous les événements",
    hook_on: "Actif", hook_failing: "En échec", hook_off: "Arrêté", hookwhy_person: "Arrêté par quelqu’un.", hookwhy_gone: "Le destinataire ne veut plus rien recevoir (410).", hookwhy_backlog: "Trop d’événements attendaient.", hookwhy_key: "Ses clés venaient d’un autre secret : donnez-lui une nouvelle clé.",
    hookAnswer: "Dernière réponse {when} : {what}", hookNoAnswer: "Rien n’a encore été envoyé.", hookWaiting: "{n} {n|événement attend|événements attendent}", hookDead: "{n} {n|événement abandonné|événements abandonnés}",
    hookSecret: "Secret, affiché une seule fois", hookSecretHint: "Copiez-le maintenant chez le destinataire : il ne sera plus affiché.", hookPublic: "Clé publique (v1a)", hookCopy: "Copier", hookCopied: "Copié", hookOldKey: "L’ancienne clé signe aussi jusqu’à {when}.",
    hookTest: "Envoyer un test", hookTestSent: "Test envoyé…", hookTestLate: "Pas encore de réponse : regardez les derniers envois.", hookChange: "Modifier", hookEnable: "Réactiver", hookDisable: "Arrêter",
    hookKey: "Changer la clé", hookKeyTitle: "Changer la clé de {name} ?", hookKeyText: "La nouvelle est affichée une fois. L’ancienne signe encore pendant 24 heures.", hookKeyDo: "Nouvelle clé",
    hookRemove: "Supprimer", hookRemoveTitle: "Supprimer {name} ?", hookRemoveText: "Ce qui attend pour lui est perdu.",
    hookLast: "Derniers envois", hookGivenUp: "Abandonnés", hookNone: "Rien.", hookReplay: "Renvoyer", hookReplayAll: "Tout renvoyer", hookReplayed: "{n} {n|événement sera renvoyé|événements seront renvoyés}.",
    hookRange: "Renvoyer un intervalle du journal", hookFrom: "De l’entrée", hookTo: "À l’entrée", hookstate_waiting: "En attente", hookstate_done: "Reçu", hookstate_dead: "Abandonné", hookTries: "{n} essais", hookTries_one: "{n} essai",
    noticeHookDead: "Webhook {name} : un événement a été abandonné", noticeHookOff: "Webhook {name} arrêté",
    "did_webhook.add": "Webhook ajouté", "did_webhook.change": "Webhook modifié", "did_webhook.remove": "Webhook supprimé", "did_webhook.enable": "Webhook réactivé", "did_webhook.disable": "Webhook arrêté", "did_webhook.key": "Clé d’un webhook changée", "did_webhook.test": "Webhook testé", "did_webhook.replay": "Événements renvoyés à un webhook", "did_webhook.dead": "Événement abandonné par un webhook", "did_notice.webhook-dead": "Webhook : événement abandonné", "did_notice.webhook-disabled": "Webhook arrêté de lui-même",
    "code_bad-address": "Cette adresse ne convient pas : https://, un hôte, sans espace, sans utilisateur ni mot de passe.", "code_bad-event-type": "Un type s’écrit quai.delivery.close ou quai.delivery.*.", "code_bad-range": "Donnez la première et la dernière entrée, 10 000 au plus.", "code_no-webhook-key": "Le secret des webhooks ne peut pas être lu sur le serveur.", "code_no-such-webhook": "Ce webhook n’existe plus.", "code_too-many-webhooks": "Il y a déjà 32 webhooks : supprimez-en un.", "code_webhook-disabled": "Il est arrêté : réactivez-le d’abord.",
  },
  en: {
    webhooks: "Webhooks", hookAdd: "Add a webhook", noHooks: "No webhooks", noHooksHint: "A webhook tells another program what happens here: a signed HTTP request for each event.",
    hookName: "Name", hookURL: "Address (https)", hookTypes: "Types of events", hookTypesHint: "One a line, such as quai.delivery.close or quai.delivery.*. Nothing: all.", hookPersonal: "Also clients, calls, and who did what", hookAllTypes: "All events",
    hook_on: "On", hook_failing: "Failing", hook_off: "Off", hookwhy_person: "Somebody turned it off.", hookwhy_gone: "The receiver wants nothing more (410).", hookwhy_backlog: "Too many events waited.", hookwhy_key: "Its keys came from another secret: give it a new key.",
    hookAnswer: "Last answer {when}: {what}", hookNoAnswer: "Nothing has been sent yet.", hookWaiting: "{n} {n|event waits|events wait}", hookDead: "{n} {n|event given up|events given up}",
    hookSecret: "Secret, shown once", hookSecretHint: "Copy it to the receiver now: it is not shown again.", hookPublic: "Public key (v1a)", hookCopy: "Copy", hookCopied: "Copied", hookOldKey: "The old key signs too until {when}.",
    hookTest: "Send a test", hookTestSent: "Test sent…", hookTestLate: "No answer yet: look at the latest.", hookChange: "Change", hookEnable: "Turn on", hookDisable: "Turn off",
    hookKey: "Change the key", hookKeyTitle: "Change the key of {name}?", hookKeyText: "The new one is shown once. The old one signs for another 24 hours.", hookKeyDo: "New key",
    hookRemove: "Remove", hookRemoveTitle: "Remove {name}?", hookRemoveText: "What waits for it is lost.",
    hookLast: "Latest", hookGivenUp: "Given up", hookNone: "None.", hookReplay: "Send again", hookReplayAll: "Send all again", hookReplayed: "{n} {n|event is|events are} sent again.",
    hookRange: "Send a range of the journal again", hookFrom: "From entry", hookTo: "To entry", hookstate_waiting: "Waiting", hookstate_done: "Taken", hookstate_dead: "Given up", hookTries: "{n} tries", hookTries_one: "{n} try",
    noticeHookDead: "Webhook {name}: an event was given up", noticeHookOff: "Webhook {name} is off",
    "did_webhook.add": "Webhook added", "did_webhook.change": "Webhook changed", "did_webhook.remove": "Webhook removed", "did_webhook.enable": "Webhook turned on", "did_webhook.disable": "Webhook turned off", "did_webhook.key": "Key of a webhook changed", "did_webhook.test": "Webhook tested", "did_webhook.replay": "Events sent to a webhook again", "did_webhook.dead": "Event given up by a webhook", "did_notice.webhook-dead": "Webhook: event given up", "did_notice.webhook-disabled": "Webhook went off by itself",
    "code_bad-address": "This address does not fit: https://, a host, no spaces, no user and no password.", "code_bad-event-type": "A type is written quai.delivery.close or quai.delivery.*.", "code_bad-range": "Give the first and the last entry, 10,000 of them at most.", "code_no-webhook-key": "The secret of webhooks cannot be read on the server.", "code_no-such-webhook": "There is no such webhook any more.", "code_too-many-webhooks": "There are 32 webhooks already: remove one.", "code_webhook-disabled": "It is off: turn it on first.",
  },
};

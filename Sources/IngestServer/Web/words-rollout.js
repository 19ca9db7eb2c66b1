// Words of versions that are brought to the gateways.

export const rolling = {
  fr: {
    rollout: "Déployer une version", rolloutHint: "Chaque passerelle prend la version dans son propre dépôt de paquets signé, là où son technicien l’a permis. Quelques-unes d’abord, puis par vagues ; tout s’arrête dès que l’une va moins bien.",
    rolloutVersion: "Version", rolloutVersionHint: "Comme apt la nomme, par exemple 0.1.1", rolloutSites: "Sites (vide : tous)", rolloutCanaries: "D’abord (vide : une passerelle présente)", rolloutWave: "Passerelles par vague", rolloutWatch: "Minutes d’observation de chacune", rolloutPatience: "Minutes pour revenir avec elle", rolloutStart: "Commencer", rolloutNames: "Des noms, séparés par des espaces",
    rolloutNone: "Aucune version n’a été déployée d’ici", rolloutBy: "par {who}, {when}", rolloutBackFrom: "Retour de {v}",
    rolloutPause: "Suspendre", rolloutResume: "Reprendre", rolloutAbandon: "Abandonner", rolloutBack: "Revenir à la version d’avant", rolloutBackTitle: "Revenir de {v} ?", rolloutBackText: "Chaque passerelle qui a cette version demande d’abord à celle d’avant si elle peut continuer avec ses données.",
    rollout_running: "En cours", rollout_paused: "Suspendu", rollout_stopped: "Arrêté de lui-même", rollout_done: "Terminé", rollout_abandoned: "Abandonné",
    rolled_waiting: "attend", rolled_ordered: "demandée", rolled_watched: "observée", rolled_good: "à jour", rolled_failed: "en défaut", rolled_skipped: "laissée de côté", rolloutFirst: "D’abord", rolloutWaveN: "Vague {n}", rolloutTarget: "version voulue {v}",
    "rule_update-failed": "La machine n’a pas pu l’installer", "rule_not-back": "Elle ne revient pas avec la version", "rule_other-version": "Elle est revenue avec une autre version", "rule_worse-findings": "Elle va moins bien qu’avant", "rule_new-alarm": "Elle a une nouvelle alarme", "rule_buffer-grows": "Son tampon se remplit", "rule_not-allowed": "Elle ne prend pas de versions du centre", rule_held: "Elle garde une version",
    "code_bad-version": "Une version a 1 à 64 signes : chiffres, lettres et .+~-, un chiffre d’abord.", "code_rollout-busy": "Une version est déjà en route : attendez la fin, ou abandonnez-la d’abord.", "code_rollout-nobody": "Aucune passerelle n’est concernée.", "code_rollout-too-many": "Trop de passerelles à la fois : nommez des sites.", "code_rollout-nothing": "Il n’y a rien de tel à faire maintenant.",
  },
  en: {
    rollout: "Roll out a version", rolloutHint: "Each gateway takes the version from its own signed repository, where its technician has let it. A few first, then in waves; all stops as soon as one is worse.",
    rolloutVersion: "Version", rolloutVersionHint: "As apt names it, such as 0.1.1", rolloutSites: "Sites (empty: all)", rolloutCanaries: "First (empty: a gateway that is there)", rolloutWave: "Gateways in a wave", rolloutWatch: "Minutes that each is watched", rolloutPatience: "Minutes to come back with it", rolloutStart: "Begin", rolloutNames: "Names, with spaces between",
    rolloutNone: "No version was brought to the gateways from here", rolloutBy: "by {who}, {when}", rolloutBackFrom: "Back from {v}",
    rolloutPause: "Pause", rolloutResume: "Go on", rolloutAbandon: "Give up", rolloutBack: "Back to the version before", rolloutBackTitle: "Back from {v}?", rolloutBackText: "Each gateway that has this version first asks the one before whether it can go on with its data.",
    rollout_running: "Under way", rollout_paused: "Paused", rollout_stopped: "Stopped by itself", rollout_done: "Done", rollout_abandoned: "Given up",
    rolled_waiting: "waits", rolled_ordered: "asked", rolled_watched: "watched", rolled_good: "up to date", rolled_failed: "failed", rolled_skipped: "left out", rolloutFirst: "First", rolloutWaveN: "Wave {n}", rolloutTarget: "desired version {v}",
    "rule_update-failed": "The machine could not install it", "rule_not-back": "It does not come back with the version", "rule_other-version": "It came back with another version", "rule_worse-findings": "It is worse than before", "rule_new-alarm": "It has a new alarm", "rule_buffer-grows": "Its buffer fills", "rule_not-allowed": "It takes no versions from the centre", rule_held: "It holds a version",
    "code_bad-version": "A version has 1 to 64 signs: digits, letters and .+~-, a digit first.", "code_rollout-busy": "A version is on its way already: wait for its end, or give it up first.", "code_rollout-nobody": "No gateway is meant.", "code_rollout-too-many": "Too many gateways at once: name sites.", "code_rollout-nothing": "There is nothing of the kind to do now.",
  },
};

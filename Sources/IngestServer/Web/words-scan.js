// The words of scanning in a page.

export const scanning = {
  fr: {
    scanSending: "Scanné : {what} · {zone}", scanOpened: "{note} est ouverte au quai {zone}", scanStray: "{what} : rien n’est ouvert au quai {zone}. Cette lecture attend sa livraison.",
    scanKept: "Gardé ici, {n} en attente : tout sera compté quand le serveur répondra.", scanKept_one: "Gardé ici, {n} en attente : ce sera compté quand le serveur répondra.", scanSignIn: "Identifiez-vous pour les envoyer.",
    scanCaughtUp: "{n} lectures gardées ici sont maintenant comptées.", scanCaughtUp_one: "{n} lecture gardée ici est maintenant comptée.",
    scanFull: "Ce navigateur n’a plus de place : cette lecture n’est PAS gardée. Laissez cette page ouverte, ou scannez à nouveau plus tard.", scanRefused: "Refusé pour toujours : {what} · {zone} · {who} : {why}", scanSeen: "Vu",
    scanWhere: "{n} lectures : à quel quai est cet écran ?", scanWhere_one: "{n} lecture : à quel quai est cet écran ?",
    camera: "Scanner avec l’appareil photo", cameraHint: "Montrez un code après l’autre. Un code qui reste dans l’image compte une fois.", torch: "Lampe", cameraNoReader: "Le lecteur de codes ne s’est pas chargé. Fermez et rouvrez l’appareil photo quand le serveur répond ; une bague ou une douchette fonctionne toujours.",
    cameraInsecure: "L’appareil photo demande https, ou localhost. Une bague ou une douchette fonctionne aussi sans.", cameraDenied: "L’appareil photo ne s’ouvre pas : {why}", "code_bad-scan": "Cette lecture est trop longue ou n’a pas la forme attendue.",
  },
  en: {
    scanSending: "Scanned: {what} · {zone}", scanOpened: "{note} is open at dock {zone}", scanStray: "{what}: nothing is open at dock {zone}. This scan waits for its delivery.",
    scanKept: "Saved here, {n} waiting: all will be counted when the server answers.", scanKept_one: "Saved here, {n} waiting: it will be counted when the server answers.", scanSignIn: "Sign in to send them.",
    scanCaughtUp: "{n} scans that were saved here are counted now.", scanCaughtUp_one: "{n} scan that was saved here is counted now.",
    scanFull: "This browser has no room left: this scan is NOT saved. Keep this page open, or scan again later.", scanRefused: "Refused for ever: {what} · {zone} · {who}: {why}", scanSeen: "Seen",
    scanWhere: "{n} scans: at which dock does this screen stand?", scanWhere_one: "{n} scan: at which dock does this screen stand?",
    camera: "Scan with the camera", cameraHint: "Show one code after the other. A code that stays in the picture counts once.", torch: "Torch", cameraNoReader: "The reader of codes did not load. Close the camera and open it again when the server answers; a ring or hand scanner always works.",
    cameraInsecure: "The camera needs https, or localhost. A ring or hand scanner works without.", cameraDenied: "The camera does not open: {why}", "code_bad-scan": "This scan is too long, or has not the form that is expected.",
  },
};

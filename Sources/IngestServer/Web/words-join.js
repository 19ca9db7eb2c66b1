// Words of gateways that are invited, and of those that are revoked.

export const joining = {
  fr: {
    gatewayInvite: "Inviter une passerelle", inviteHint: "Une ligne à taper sur la passerelle : elle s’inscrit, reçoit son certificat et se connecte.", inviteAgent: "Nom de la passerelle", inviteAgentHint: "1 à 32 signes : a-z, 0-9 et -", inviteSite: "Site", inviteHours: "Valable", inviteHoursN: "{n} h",
    inviteMake: "Inviter", inviteLine: "À taper sur la passerelle, avec sudo", inviteOnce: "Copiez cette ligne maintenant : elle sert une fois et ne sera plus affichée.", inviteDone: "C’est noté", inviteNone: "Aucune invitation en attente",
    inviteWithdraw: "Retirer", inviteBy: "par {who}, jusqu’au {when}", invited_open: "En attente", invited_used: "Utilisée", invited_ended: "Expirée", invited_blocked: "Bloquée : trop d’essais",
    gatewayRevoked: "Révoquée", gatewayRevokedHint: "Le courtier la refuse et rien de ce qu’elle envoie ne compte. Invitez-la de nouveau si elle est des nôtres.",
    "code_bad-agent": "Le nom d’une passerelle a 1 à 32 signes : a-z, 0-9 et -.", "code_bad-site": "Le nom d’un site a 1 à 32 signes : a-z, 0-9 et -.", "code_too-many-invitations": "Il y a déjà trop d’invitations : retirez-en une.", "code_no-such-invitation": "Il n’y a pas d’invitation pour cette passerelle.", "code_no-enrolment": "Ce centre ne signe pas de certificats : lancez d’abord sudo edge-ingest setup.",
  },
  en: {
    gatewayInvite: "Invite a gateway", inviteHint: "One line to type on the gateway: it joins, is given its certificate and connects.", inviteAgent: "Name of the gateway", inviteAgentHint: "1 to 32 of a-z, 0-9 and -", inviteSite: "Site", inviteHours: "Counts for", inviteHoursN: "{n} h",
    inviteMake: "Invite", inviteLine: "To be typed on the gateway, with sudo", inviteOnce: "Copy this line now: it counts once and is not shown again.", inviteDone: "I have it", inviteNone: "No invitation is waiting",
    inviteWithdraw: "Withdraw", inviteBy: "by {who}, until {when}", invited_open: "Waiting", invited_used: "Used", invited_ended: "Over", invited_blocked: "Blocked: too many tries",
    gatewayRevoked: "Revoked", gatewayRevokedHint: "The broker refuses it, and nothing that it sends counts. Invite it again if it is one of yours.",
    "code_bad-agent": "A gateway’s name has 1 to 32 of a-z, 0-9 and -.", "code_bad-site": "A site’s name has 1 to 32 of a-z, 0-9 and -.", "code_too-many-invitations": "There are too many invitations already: withdraw one.", "code_no-such-invitation": "There is no invitation for this gateway.", "code_no-enrolment": "This centre signs no certificates: run sudo edge-ingest setup first.",
  },
};

// What every page asks of the application: is the server there, who may what, at which dock does this screen stand.

/** @param {App} app */
export function standing(app) {
  /** Numbers on the screen are of then, and nothing can be decided. */
  app.isAway = () => app.live === false || app.withoutServer;

  /** Where nobody has a password everybody may everything; where nobody says what somebody may, the server decides. */
  app.may = (right) => Boolean(app.person?.openHouse) || !app.person?.rights || app.person.rights.includes(right);

  /** The dock this screen stands at, if it stands at one. */
  app.station = () => localStorage.getItem("station") || null;
  app.setStation = (zone) => { if (zone) localStorage.setItem("station", zone); else localStorage.removeItem("station"); };
  app.docksFirst = (zones) => {
    localStorage.setItem("zones", JSON.stringify(zones));
    return [...zones].sort((a, b) => Number(b === app.station()) - Number(a === app.station()));
  };
}

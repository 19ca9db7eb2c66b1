// The pages that a dock does not begin with, and what a touch opens (doors.js). They come after the first one was drawn, or at once where the address names one of them.

import { StockTakes } from "./stocktake.js";
import { Find } from "./find.js";
import { Clients } from "./clients.js";
import { Calls } from "./calls.js";
import { ERP } from "./erp.js";
import { Audit } from "./audit.js";
import { Gateways } from "./gateways.js";
import { Repairs } from "./repairs.js";
import { HelpPage } from "./help-page.js";
import { openAccount } from "./account.js";
import { openSecurity } from "./security.js";
import { signInByPasskey } from "./passkey.js";
import { openBlind } from "./blind.js";
import { openCamera } from "./camera.js";
import { close } from "./closing.js";
import { openHere } from "./here.js";
import { openInbox } from "./inbox.js";
import { openPreferences, tellNews } from "./preferences.js";
import { take } from "./import.js";
import { drawKiosk } from "./kiosk.js";
import { LineSheet, countByHand, nameTag } from "./lines.js";
import { drawSecond } from "./second.js";
import { drawProviders } from "./providers.js";
import { standAtScreen } from "./screen.js";
import { askReopen } from "./reopen-ask.js";
import { drawDone } from "./slip.js";
import { prefer } from "./taste.js";
import { addWords } from "./i18n.js";
import { rest } from "./words-rest.js";

addWords(rest);

export const makers = { stocktake: StockTakes, find: Find, clients: Clients, calls: Calls, erp: ERP, gateways: Gateways, audit: Audit, help: HelpPage, repairs: Repairs };

export const deeds = {
  account: openAccount, blind: openBlind, camera: openCamera, close, hand: countByHand, done: drawDone, here: openHere, inbox: openInbox, kiosk: drawKiosk,
  name: nameTag, news: tellNews, passkey: signInByPasskey, prefer: openPreferences, providers: drawProviders, reopen: askReopen, screen: standAtScreen, second: drawSecond, security: openSecurity, take, taste: prefer,
  /** @param {ConstructorParameters<typeof LineSheet>} all */
  line: (...all) => new LineSheet(...all),
};

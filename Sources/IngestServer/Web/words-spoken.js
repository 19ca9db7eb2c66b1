// Sentences that come as English text: known again by their template, and said in the language of the page (`worded` in i18n.js).

import { centre } from "./words-centre.js";
import { devices } from "./words-devices.js";
import { erp } from "./words-erp.js";
import { findings } from "./words-findings.js";

/** @type {Record<string, Record<string, string>>} */
export const spoken = { fr: { ...centre.fr, ...devices.fr, ...erp.fr, ...findings.fr }, en: { ...centre.en, ...devices.en, ...erp.en, ...findings.en } };

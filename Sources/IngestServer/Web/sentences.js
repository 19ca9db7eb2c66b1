// Sentences of the centre, its gateways and the ERP. They are many, and no page waits for them: i18n.js asks for them afterwards.

import { reasons } from "./words-reasons.js";
import { spoken } from "./words-spoken.js";

export { reasons, spoken };

// What travels between the centre and its pages, as `tsc` checks the pages against it (packaging/check-web). Nothing here is
// served. `@from` names the Swift files that write an interface: contract.test.js looks each of its names up there, and holds
// `Messages` against `PageMessage.Kind`. Times are Unix milliseconds. What is optional is left out where there is none.

/** Where a scan went; of `Receiving.Verdict`. */
type Verdict = "expected" | "extra" | "unknown" | "complete" | "inside" | "serial" | "pallet" | "returned" | "removed";
/** Why a scan counts nothing; of `Refusal`. */
type RefusalReason = "again" | "asked" | "same-note" | "closed-note" | "closed-unit" | "not-counted" | "other" | "several" | "bare" | "too-old";
/** Of `Person.Right`. */
type Right = "deliveries.see" | "deliveries.count" | "deliveries.decide" | "deliveries.close" | "deliveries.reopen" | "counting.see"
  | "counting.count" | "stock.see" | "stock.find" | "stock.post" | "products.see" | "products.edit"
  | "clients.see" | "clients.edit" | "calls.see" | "calls.take" | "calls.dial" | "calls.supervise"
  | "gateways.see" | "gateways.command" | "gateways.update" | "notices.see" | "notices.settle" | "erp.see" | "erp"
  | "prices" | "personal" | "imports" | "exports" | "audit" | "webhooks" | "events"
  | "users" | "stock";

type ScopeKind = "sites" | "zones" | "teams" | "queues";

type Scope = Partial<Record<ScopeKind, string[]>>;

/** @from Sources/Depot/Clients */
interface Person {
  id: number;
  name: string;
  extension?: string;
  station?: string;
  /** Nobody has a password: everybody may everything. */
  openHouse?: true;
  rights?: string[];
  roles?: string[];
  /** What they chose on any machine; left out where they never did. */
  theme?: string;
  language?: string;
  /** A right of theirs asks for a second factor, and they have none. */
  factorDue?: true;
}

/** @from Sources/Depot/Receiving */
interface Decision {
  id: number;
  at: number;
  who: string;
  station?: string;
  kind: string;
  subject?: string;
  gtin?: string;
  quantity?: number;
  lot?: string;
  reason?: string;
  /** The number of the picture. */
  photo?: number;
  undoneBy?: number;
}

/** @from Sources/Depot/Receiving */
interface Lot {
  number: string;
  quantity: number;
  expires?: string;
  fromPaper?: true;
}

/** @from Sources/Depot/Receiving */
interface DeliveryLine {
  gtin: string;
  description: string;
  reference?: string;
  unit?: string;
  expected: number;
  received: number;
  missing: number;
  extra: number;
  damaged: number;
  refused: number;
  lots?: Lot[];
  unexpectedSerials?: string[];
}

/** @from Sources/Depot/Receiving */
interface UnknownTag {
  subject: string;
  at: number;
  /** Where the label says the article all the same: it has come back. */
  gtin?: string;
}

/** @from Sources/Depot/Receiving */
interface Remark {
  subject: string;
  gtin?: string;
  text: string;
  at: number;
}

/** @from Sources/Depot/Receiving */
interface Question {
  kind: string;
  gtin?: string;
  subject?: string;
  quantity?: number;
}

/** @from Sources/Depot/Receiving */
interface Unit {
  sscc: string;
  parent?: string;
  verified: boolean;
  contents: { gtin: string; quantity: number; lot?: string }[];
}

/** A delivery's sums. @from Sources/Depot/Receiving Sources/IngestServer/API */
interface DeliverySums {
  id: number;
  note: string;
  supplier: string;
  source: string;
  /** A day, YYYY-MM-DD. */
  expectedOn?: string;
  client?: string;
  status: "expected" | "open" | "closed";
  zone?: string;
  dock?: string;
  mode: "add" | "remove";
  openedAt?: number;
  openedBy?: string;
  closedAt?: number;
  closedBy?: string;
  erp?: string;
  expected: number;
  received: number;
  missing: number;
  extra: number;
  damaged: number;
  unknown: number;
  lineCount: number;
  /** What else it is called; a scan of any of these opens it. */
  names?: string[];
  /** What was missing of this one when it was closed. */
  restOf?: number;
  /** Asked for with the whole; the stream does not tell it. */
  erpJob?: Job;
}

/** Of `DeliveryList.State`. */
type DeliveryState = "open" | "late" | "today" | "later" | "closed";

/** One page of the list; without `limit` the first two alone. @from Sources/IngestServer/API */
interface DeliveryPage {
  deliveries: DeliverySums[];
  zones: string[];
  signature?: "off" | "offered" | "required";
  counts?: Partial<Record<DeliveryState, number>>;
  total?: number;
  next?: number;
  suppliers?: string[];
  docks?: string[];
}

/** @from Sources/Depot/Receiving */
interface Delivery extends DeliverySums {
  lines: DeliveryLine[];
  unknownTags: UnknownTag[];
  units: Unit[];
  remarks: Remark[];
  questions: Question[];
  decisions: Decision[];
  /** Dates, parties and references of the paper. */
  details?: { kind: string; code: string; value: string }[];
  /** Where it was closed, and opened again. */
  reopenings?: Reopening[];
  /** Decided at its depot, and not done. */
  proposals?: DepotProposal[];
}

/** @from Sources/Depot/Receiving */
interface DepotProposal {
  id: number;
  agent: string;
  zone: string;
  at: number;
  who: string;
  kind: "count" | "damaged" | "refuse" | "close";
  why: "refused" | "locked" | "forbidden" | "unread" | "closed" | "gone" | "another" | "overtaken" | "undecided" | "unsigned" | "impossible";
  gtin?: string;
  quantity?: number;
  reason?: string;
  short?: "later" | "never";
  extra?: "accept" | "refuse";
  /** Tags that nobody knows are left aside. */
  ignoresUnknown?: true;
}

/** @from Sources/Depot/Receiving */
interface Reopening {
  number: number;
  at: number;
  who: string;
  station?: string;
  zone: string;
  cause?: string;
  reason: string;
  closedAt: number;
  closedBy: string;
}

/** @from Sources/Depot/Counting */
interface TakeLine {
  gtin: string;
  description: string;
  unit?: string;
  /** Not told while the count is blind; the same holds for `book` and `difference`. */
  expected?: number;
  counted: number;
  moved: number;
  result: number;
  book?: number;
  difference?: number;
  /** What the ERP has there; absent where it was not asked. */
  erp?: number;
  /** Counted without a lot or serial number, of an article that has them. */
  unlotted?: number;
}

/** A count's sums. @from Sources/Depot/Counting Sources/IngestServer/API */
interface TakeSums {
  id: number;
  zone: string;
  sources: string[];
  blind: boolean;
  status: "counting" | "review" | "posted" | "cancelled";
  mode: "add" | "remove";
  openedAt: number;
  openedBy: string;
  closedAt?: number;
  closedBy?: string;
  complete: boolean;
  counted: number;
  unknown: number;
  differences?: number;
  erpJob?: Job;
}

/** @from Sources/Depot/Counting */
interface Take extends TakeSums {
  lines: TakeLine[];
  unknownTags: UnknownTag[];
  remarks: Remark[];
  decisions: Decision[];
}

/** What the stream tells of a subject: the whole, its sums alone, or its sums and the places of its lists that changed. */
type Told<Sums, Whole> =
  | (Whole & { patch?: undefined; partial?: undefined })
  | (Sums & { partial: true; patch?: undefined })
  | (Sums & { patch: Record<string, { count: number; set: [number, unknown][] }>; partial?: undefined });

/** @from Sources/Depot/ERP Sources/IngestServer/API */
interface Job {
  id: number;
  key: string;
  kind: string;
  subject: string;
  title: string;
  state: string;
  attempts: number;
  due?: number;
  created: number;
  done?: number;
  who: string;
  station?: string;
  reason?: string;
  fault?: string;
  /** The key of the job that it waits for, and its number. */
  after?: string;
  afterJob?: number;
  sentence?: string;
  remote?: string;
  accept?: string[];
  calls?: JobCall[];
  payload?: JobPayload;
}

/** What is sent, as far as pages look into it. @from Sources/Followers/ERP Sources/Depot/ERP */
interface JobPayload {
  lines?: JobLine[];
  left?: JobLine[];
  damaged?: JobLine[];
}

/** @from Sources/Followers/ERP Sources/Depot/ERP */
interface JobLine {
  gtin: string;
  product?: string;
  lot?: string;
  description?: string;
  /** Of receptions, transfers and what was left out. */
  quantity?: number;
  /** Of counts. */
  counted?: number;
  /** Left out: `lot` (it has none), `person`. */
  why?: string;
  who?: string;
}

/** @from Sources/Depot/ERP Sources/IngestServer/API */
interface JobCall {
  at?: number;
  summary: string;
  written: boolean;
  outcome?: string;
  milliseconds?: number;
  body?: unknown;
}

/** @from Sources/Depot/Calls */
interface CallNote {
  rev: number;
  note: string;
  disposition?: string;
  party?: number;
  who: string;
  at: number;
}

/** @from Sources/Depot/Clients Sources/IngestServer/View Sources/IngestServer/API */
interface Party {
  id: number;
  name: string;
  company: string;
  reference?: string;
  numbers: string[];
  /** On a card. */
  openDeliveries?: number;
  chosen?: { by: string; at: number };
  /** On the client's own page. */
  deliveries?: ClientDelivery[];
  lastCalls?: PastCall[];
  erp?: Affairs;
}

/** @from Sources/IngestServer/View Sources/IngestServer/API */
interface ClientDelivery extends DeliverySums {
  party?: number;
  scannedToday?: number;
}

/** @from Sources/IngestServer/View */
interface PastCall {
  at: number;
  direction?: Direction;
  answeredBy: string[];
  missed: boolean;
  disposition?: string;
  note?: string;
}

type Direction = "inbound" | "outbound" | "internal";

/** @from Sources/IngestServer/View */
interface Leg {
  who: string;
  rang?: number;
  answered?: number;
  ended?: number;
  cause?: string;
  holds?: number;
}

/** @from Sources/IngestServer/View Sources/IngestServer/LiveView+Calls.swift */
interface Card {
  call: string;
  rev: number;
  gateway: string;
  direction?: Direction;
  state: string;
  withheld: boolean;
  number?: { display: string; e164?: string; kind: string };
  dialable: boolean;
  sentName?: string;
  called?: string;
  queue?: string;
  /** The gateway's line it came by, and the number that was dialled. */
  line?: string;
  dialled?: string;
  /** The site's own program, about this call. */
  link?: string;
  perhapsMissed?: true;
  started: number;
  /** By how much the gateway's clock was off, where its times were corrected. */
  corrected?: number;
  ended?: number;
  talked?: number;
  cause?: string;
  answeredBy: string[];
  rings: string[];
  talks: string[];
  transfers?: { how: string; by?: string; to?: string }[];
  legs: Leg[];
  command?: string;
  merged?: string;
  note?: CallNote;
  again?: number;
  guess?: boolean;
  parties: Party[];
  deliveries: ClientDelivery[];
  lastCalls: PastCall[];
  mine: "dialling" | "ringing" | "talking" | "held" | "over" | "missed" | "watched" | "gone";
  dialledAt?: number;
  team?: string;
  desk?: string;
  rang?: number;
  answered?: number;
  myCause?: string;
  dismissed?: true;
  /** Of the list of missed calls: calls of one number in one entry, and who sees to it. */
  calls?: string[];
  taken?: { by?: string; done?: string };
  /** No server sends it: the page shows what a `client` message says. */
  erp?: Affairs;
}

/** A call back with a time. @from Sources/Depot/Calls Sources/IngestServer */
interface Reminder {
  id: number;
  call: string;
  who: string;
  due: number;
  told?: number;
  team?: true;
  doneBy?: string;
  doneAt?: number;
  card: Card;
  /** What became of it in the ERP; whether it may be brought there. */
  erpJob?: Job;
  mayPush?: true;
}

/** @from Sources/Followers/Pages/LegJournal.swift */
interface Why {
  at: number;
  call: string;
  desk: string;
  verdict: string;
  people: string[];
  browsers: string[];
  shown: { browser: string; afterMs: number }[];
}

/** @from Sources/IngestServer/View */
interface Affairs {
  state: "waiting" | "cached" | "fresh" | "failed" | "absent";
  at?: number;
  sentence?: string;
  orders?: Affair[];
  invoices?: Affair[];
  tickets?: Affair[];
  balance?: string;
  link?: string;
}

/** @from Sources/IngestServer/View */
interface Affair {
  name: string;
  state: string;
  date?: string;
  amount?: string;
  link?: string;
}

/** @from Sources/IngestServer/View */
interface GatewayPage {
  total: number;
  wrong: number;
  matching: number;
  gateways: Gateway[];
  grants: Grant[];
  sites: GatewaySite[];
}

interface GatewaySite {
  site: string;
  gateways: number;
  wrong: number;
}

interface Gateway {
  name: string;
  site?: string;
  online: boolean;
  seen: number;
  since: number;
  /** Since when it says nothing on a line that stands. */
  silent?: number;
  alarm?: string;
  status?: GatewayStatus;
  centre: { applied: number; rejected: number; skipped: number };
}

/** What is wrong, here or at a gateway. @from Sources/IngestServer/Repairs.swift */
interface Repair {
  place: string;
  /** None for the centre. */
  gateway?: string;
  code: string;
  severity: "note" | "warning" | "broken";
  subject?: string;
  since: number;
  evidence: string[];
  title?: string;
  fix?: string;
}

/** What an agent says of itself: any part may be missing. @from Sources/Depot/Gateways Sources/IngestServer/AgentIntake.swift */
interface GatewayStatus {
  version?: string;
  /** By how much the agent's clock is behind. */
  clockOffset?: number;
  account?: Account;
  buffer?: Buffer;
  uplink?: {
    connected?: boolean;
    centre?: boolean;
    delivering?: boolean;
    reason?: string;
    alarm?: string;
    lastAck?: number;
    urgentWaiting?: number;
    frames?: number;
    bytes?: number;
    since?: number;
    /** The mark of who signed its certificate. */
    authority?: string;
  };
  v?: number;
  agent?: string;
  site?: string;
  online?: boolean;
  clock?: number;
  synced?: boolean;
  started?: number;
  epoch?: string;
  boot?: number;
  problems?: string[];
  configuration?: { revision?: number; state?: string; refused?: number; reason?: string };
  findings?: { code: string; severity?: string }[];
  update?: { allowed?: boolean; hold?: string; package?: string; state?: string; version?: string; command?: string; code?: string; reason?: string; at?: number };
  devices?: Device[];
}

/** @from Sources/Model/Account.swift */
interface Account {
  produced: number;
  committed: number;
  pending: number;
  rejected: number;
  skipped: number;
  closed?: boolean;
}

/** @from Sources/Depot/Gateways */
interface Buffer {
  pending?: number;
  settled?: number;
  files?: number;
  refused?: number;
  oldest?: number;
  bytes?: number;
  budget?: number;
  level?: string;
  trouble?: string;
  code?: string;
  since?: number;
  refusedSince?: number;
}

/** @from Sources/Depot/Gateways */
interface NotSaved {
  code?: string;
  reason?: string;
  since?: number;
  count?: number;
}

/** @from Sources/Depot/Gateways */
interface Device {
  name: string;
  driver?: string;
  title: string;
  kind: string;
  port: string;
  zone: string;
  state: string;
  reason?: string;
  asked?: string;
  since: number;
  observations: number;
  noiseBytes?: number;
  faults?: number;
  lastFault?: string;
  restarts?: number;
  overruns?: number;
  refused?: number;
  unsaved?: number;
  lastSeen?: number;
  present: number;
  readsPerSecond?: number;
  identity?: Record<string, string>;
  notSaved?: NotSaved;
  doubt?: { calls?: number; counted?: boolean; unclear?: number; from?: number; to?: number };
  /** What may be asked of the line: `hangup`, `transfer`. */
  can?: string[];
  antennas?: Antenna[];
}

/** @from Sources/Depot/Gateways */
interface Antenna {
  antenna?: number;
  reads?: number;
  rssiDBm?: number;
}

/** @from Sources/Depot/Gateways */
interface Grant {
  name: string;
  site?: string;
  zones: string[];
  mayTelephone: boolean;
  state: string;
  who: string;
  at: number;
}

/** @from Sources/IngestServer/API/RolloutEndpoints.swift Sources/Depot/Gateways */
interface RolloutMember {
  name: string;
  wave: number;
  target: string;
  state: "waiting" | "ordered" | "watched" | "good" | "failed" | "skipped";
  ordered?: number;
  came?: number;
  rule?: string;
  evidence?: string;
}

/** @from Sources/IngestServer/API/RolloutEndpoints.swift Sources/Depot/Gateways */
interface Rollout {
  version: string;
  back: boolean;
  state: "running" | "paused" | "stopped" | "done" | "abandoned";
  who: string;
  begun: number;
  ended?: number;
  watch: number;
  patience: number;
  members: RolloutMember[];
}

/** @from Sources/Depot/Gateways/EnrolmentTable.swift */
interface AgentInvitation {
  agent: string;
  site: string;
  zones: string[];
  who: string;
  made: number;
  ends: number;
  state: string;
}

/** @from Sources/Depot/Exchange Sources/Depot/Stock Sources/Depot/ERP Sources/Depot/Webhooks Sources/Depot/Channels */
interface Notice {
  id: number;
  at: number;
  kind: string;
  subject: string;
  data: { description?: string; quantity?: number; unit?: string; minimum?: number; zone?: string; last?: number; job?: number; kind?: string; title?: string; who?: string; fault?: string; sentence?: string; file?: string; refused?: number; accepted?: number; hours?: number; name?: string; note?: string; expected?: string; count?: number; share?: number; agent?: string; ends?: number; channel?: string } | null;
}

/** How many notices wait for this person; `change` grows with each change of their inbox. @from Sources/Depot/Notices */
interface InboxCounts {
  unread: number;
  low: number;
  normal: number;
  high: number;
  critical: number;
  change: number;
}

/** @from Sources/Depot/Notices */
interface InboxEntry {
  id: number;
  seq: number;
  type: string;
  priority: "low" | "normal" | "high" | "critical";
  title: string;
  body?: string;
  at: number;
  /** Of several facts on one line: since when, and how many. */
  since?: number;
  count?: number;
  subject?: string;
  words: { subject?: string; detail?: string; site?: string; body?: string };
  link?: string;
  site?: string;
  team?: string;
  read?: number;
  snoozed?: number;
  expires: number;
  /** To whom it went on, because nobody had read it. */
  raised: NoticeStep[];
}

/** @from Sources/Depot/Channels */
interface NoticeStep {
  who: string;
  channel: string;
  at: number;
}

/** What a person wants to be told, and what of it is heard; minutes of the day in which nothing is. @from Sources/IngestServer/API */
interface InboxPreferences {
  types: { type: string; name: string; priority: InboxEntry["priority"]; web: boolean; sound: boolean; fixed?: true; channels: string[] }[];
  quietFrom?: number;
  quietUntil?: number;
  loud: boolean;
  digest?: number;
}

/** A way in which somebody is told while no page is open. @from Sources/Depot/Channels */
interface NoticeChannel {
  id: number;
  kind: "push" | "ntfy" | "gotify" | "email" | "sms";
  address: string;
  created: number;
  failures: number;
  answered?: number;
  sentence?: string;
  waiting: number;
  dead: number;
}

/** @from Sources/IngestServer/API */
interface ChannelList {
  offers: NoticeChannel["kind"][];
  channels: NoticeChannel[];
  pushKey?: string;
}

/** Who is on duty: days as bits from Monday on, minutes of the day. @from Sources/Depot/Channels */
interface Duty {
  user: number;
  name: string;
  days: number;
  from: number;
  until: number;
}

/** @from Sources/IngestServer/API */
interface DutyList {
  duty: Duty[];
  people: { id: number; name: string }[];
  minutes: number;
}

/** @from Sources/IngestServer/API */
interface InboxChanged {
  changed: number;
  counts: InboxCounts;
}

/** @from Sources/Depot/Facts */
/** What is kept about somebody, by place; `number` where it is one that can be erased. */
interface PersonalPlaces {
  of: string;
  number?: string;
  count: number;
  places: { place: string; count: number; more?: true }[];
}

interface LedgerEntry {
  id: number;
  at: number;
  who: string;
  what: string;
  subject: string;
  detail?: string;
  station?: string;
  reason?: string;
  site?: string;
  erased?: true;
}

/** @from Sources/Depot/People */
interface User {
  id: number;
  name: string;
  hasPassword: boolean;
  hasPin: boolean;
  hasBadge: boolean;
  /** Tried too often: the password, or a new one, opens it. */
  pinLocked?: true;
  /** Beside the roles. */
  rights: string[];
  roles: string[];
  scope: Scope;
  disabled: boolean;
}

/** @from Sources/Depot/People */
interface Role {
  name: string;
  builtIn: boolean;
  actions: string[];
}

/** @from Sources/IngestServer/API/RoleEndpoints.swift */
interface RoleList {
  roles: Role[];
  actions: string[];
  /** What an action brings along, where it does. */
  carried: Record<string, string[]>;
  /** What there is to choose from. */
  scopes: Scope;
}

/** @from Sources/Depot/People */
interface Passkey {
  id: number;
  name: string;
  /** The name of the centre that it is bound to. */
  site: string;
  created: number;
  used?: number;
}

/** @from Sources/Depot/People */
interface SecondFactors {
  /** Since when an app's codes are asked for. */
  code?: number;
  passkeys: Passkey[];
  /** Codes that are left. */
  recovery: number;
}

/** @from Sources/Depot/People */
interface Session {
  id: string;
  created: number;
  seen: number;
  expires?: number;
  source?: string;
  browser?: string;
  station?: string;
  proof?: string;
  current?: true;
}

/** @from Sources/Depot/People */
interface Token {
  id: string;
  name: string;
  who: string;
  scopes: string[];
  readOnly?: true;
  created: number;
  expires: number;
  used?: number;
  source?: string;
}

/** @from Sources/Depot/People */
interface DockScreen {
  id: number;
  name: string;
  zone: string;
  device?: string;
  created: number;
  who: string;
  used?: number;
  source?: string;
}

/** @from Sources/IngestServer/API */
interface ScreenWait {
  state: "over" | "stranger" | "replaced";
}

/** @from Sources/IngestServer/API */
interface PasskeyOptions {
  challenge: string;
  site: string;
  timeout: number;
  /** Where one is made. */
  user?: string;
  algorithms?: number[];
  known?: string[];
}

/** @from Sources/Depot/Webhooks */
interface Webhook {
  id: number;
  name: string;
  url: string;
  types: string[];
  personal: boolean;
  created: number;
  createdBy: string;
  /** Since when it is told nothing more. */
  disabled?: number;
  why?: "person" | "gone" | "backlog" | "key";
  failures: number;
  /** The last answer. */
  answered?: number;
  status?: number;
  sentence?: string;
  oldKeyUntil?: number;
  waiting: number;
  dead: number;
  publicKey?: string;
}

/** @from Sources/Depot/Webhooks */
interface WebhookDelivery {
  /** The entry of the ledger. */
  seq: number;
  message: string;
  type: string;
  subject: string;
  at: number;
  state: "waiting" | "done" | "dead";
  attempts: number;
  due?: number;
  tried?: number;
  status?: number;
  sentence?: string;
  milliseconds?: number;
}

/** @from Sources/Depot/Articles Sources/IngestServer/API */
interface Hit {
  kind: string;
  ref: string;
  title?: string;
  detail?: string;
  zone?: string;
  at?: number;
}

/** @from Sources/Depot/Articles */
interface ListedProduct {
  gtin: string;
  description: string;
  reference?: string;
  minimum?: number;
  quantity: number;
  unit?: string;
}

/** @from Sources/Depot/Articles Sources/IngestServer/API */
interface Product {
  gtin: string;
  description: string;
  reference?: string;
  supplier?: string;
  unit?: string;
  tracking: string;
  minimum?: number;
  erp?: string;
  cartons?: { gtin: string; quantity: number }[];
  /** Further codes of suppliers. */
  codes?: string[];
  stock: { zone: string; quantity: number }[];
  items: Item[];
  movements: Movement[];
}

/** @from Sources/Depot/Stock */
interface Item {
  epc: string;
  gtin?: string;
  description: string;
  serial?: string;
  zone?: string;
  present?: boolean;
  firstSeen?: number;
  lastSeen?: number;
  delivery?: number;
  note?: string;
  bookedIn?: string;
  tid?: string;
  user?: string;
}

/** @from Sources/Depot/Stock */
interface Movement {
  id: number;
  description: string;
  delivery?: number;
  take?: number;
  at: number;
  kind: string;
  gtin: string;
  quantity: number;
  unit?: string;
  lot?: string;
  from?: string;
  to?: string;
  subject?: string;
  who: string;
}

/** One read of an article, among the decisions about it. @from Sources/Depot/Receiving */
interface Read {
  at: number;
  kind: "read";
  subject: string;
  quantity: number;
  lot?: string;
  serial?: string;
  removed?: number;
  device?: string;
  zone?: string;
  record?: string;
  /** The file in which the read itself is, where it is old. */
  archive?: string;
}

/** @from Sources/Depot/Receiving */
interface Proposal {
  id: number;
  note: string;
  supplier: string;
  fits: number;
  pieces: number;
}

/** @from Sources/Depot/Receiving */
interface StrayRead {
  subject: string;
  gtin?: string;
  description: string;
  quantity: number;
  unit?: string;
  at: number;
}

/** @from Sources/IngestServer/View */
interface Connection {
  configured: boolean;
  kind?: string;
  url?: string;
  version?: string;
  door?: string;
  remarks?: string[];
  state: string;
  since?: number;
  sentence?: string;
  counts?: Record<string, number>;
  pulled?: { at?: number; products: number; parties: number; receipts: number };
}

/** @from Sources/IngestServer/Accounts.swift Sources/IngestServer/OpenID Sources/Depot/People */
interface WayIn {
  /** A name alone is enough. */
  names: boolean;
  passwords?: boolean;
  people?: { id: number; name: string }[];
  stations?: string[];
  /** The dock whose screen this is. */
  screen?: string;
  /** Others that vouch for people. */
  providers?: { name: string; label: string }[];
}

/** @from Sources/IngestServer/View */
interface ImportReport {
  accepted: number;
  deliveries: number;
  parties: number;
  products: number;
  tags: number;
  refused: { line: number; reason: string; phrase: Phrase }[];
  remarks: { line: number; reason: string; phrase: Phrase }[];
  columns?: ImportColumns | null;
  changes?: ImportChanges | null;
}

/** What an import would change; only of a check. */
interface ImportChanges {
  new: number;
  changed: number;
  unchanged: number;
  gone: number;
  rows: { kind: "new" | "changed" | "gone"; title: string; fields: { name: string; now?: string; next?: string }[] }[];
}

/** How the text of a table is read; what nothing tells is left out. */
interface TableReading {
  separator?: string;
  encoding?: string;
  decimal?: string;
}

/** A language of the pages; what it does not say is said in English. */
interface Language {
  name: string;
  /** Of numbers, dates and plurals. */
  locale: string;
  /** Its how-tos. */
  help?(): Promise<{ help: Record<string, HowTo> }>;
  words?: Record<string, string>;
  /** By the English template. */
  sentences?: Record<string, string>;
}

/** A sentence of the centre, `{}` where an argument stands; `told` in i18n.js says it. */
interface Phrase {
  template: string;
  arguments: (string | Phrase)[];
}

/** @from Sources/IngestServer/View */
interface ImportColumns {
  headings: string[];
  samples: string[];
  fields: { field: string; heading: string | null; proposal: string | null; missing: boolean }[];
  /** Of a workbook null. */
  reading: TableReading | null;
  /** Read as somebody said of the last file like it. */
  asBefore: boolean;
}

/** Every message of the live stream, by type; what each means: docs/reference/http.md. */
interface Messages {
  ready: { person: Person; calls: Card[]; sites: string[] };
  reset: { reason?: string };
  loud: { loud: boolean };
  alive: {};
  health: LinkHealth;
  delivery: Told<DeliverySums, Delivery>;
  deliveries: {};
  count: Count;
  stray: Stray;
  take: Told<TakeSums, Take>;
  takecount: TakeCount;
  found: Found;
  call: Card;
  missed: {};
  reminder: Reminder;
  command: Progress;
  dismissed: { call: string };
  note: { call: string; note: CallNote };
  client: ClientNews;
  /** `many`: more than are told one by one. */
  gateway: Gateway | { many: number };
  notice: {};
  inbox: InboxCounts;
  erp: { state?: string; job?: Job };
}

/** @from Sources/Depot/Intake */
interface ScanAnswer {
  key: string;
  zone: string;
  outcome: Verdict | "counted" | "opened" | "refused" | "stray";
  reason?: RefusalReason;
  subject: string;
  gtin?: string;
  description?: string;
  quantity?: number;
  delivery?: number;
  note?: string;
  take?: number;
  again?: true;
}

/** The centre's own links. @from Sources/IngestServer/LiveView+Health.swift */
interface LinkHealth {
  /** Whether the broker answers. */
  broker: boolean;
  /** Since when it does, or does not. */
  since: number;
  erp?: "ok" | "unreachable" | "refused" | "off";
}

/** @from Sources/IngestServer/View */
interface Count {
  delivery: number;
  zone: string;
  verdict: Verdict;
  subject: string;
  gtin?: string;
  serial?: string;
  quantity: number;
  remark?: string;
}

/** @from Sources/IngestServer/View */
interface Stray {
  zone: string;
  subject: string;
  /** It was scanned where something is open, and counts nothing. */
  reason?: RefusalReason;
  take?: number;
}

/** @from Sources/IngestServer/View */
interface TakeCount {
  take: number;
  zone: string;
  verdict: Verdict;
  subject: string;
  gtin?: string;
}

/** @from Sources/IngestServer/AgentIntake.swift */
interface Found {
  epc: string;
  zone?: string;
  device?: string;
  rssiDBm?: number;
  at: number;
}

/** How a click to call goes on. @from Sources/Model/Command.swift Sources/IngestServer */
interface Progress {
  command: string;
  state: string;
  cause?: string;
  presents?: string;
  line?: string;
}

/** @from Sources/IngestServer/LiveView+Calls.swift */
interface ClientNews {
  call: string;
  party: number;
  erp: Affairs;
  /** No server sends it: the card has its own. */
  deliveries?: ClientDelivery[];
}

type MessageOf<Kind extends keyof Messages> = {
  [K in Kind]: { type: K; seq?: number; at: number; data: Messages[K] };
}[Kind];
type Message = MessageOf<keyof Messages>;

/** What a GET is answered with, by its address; `never` where no page asks for it. The narrower address stands first. */
type Got<Path extends string> =
  string extends Path ? unknown
  : Path extends "/api/v1/me" ? Person | { name?: undefined }
  : Path extends "/api/v1/session/how" ? WayIn
  : Path extends `/api/v1/deliveries?${string}` ? DeliveryPage
  : Path extends `/api/v1/deliveries/proposals?${string}` ? Proposal[]
  : Path extends `/api/v1/deliveries/strays?${string}` ? StrayRead[]
  : Path extends `/api/v1/deliveries/closed?${string}` ? DeliverySums[]
  : Path extends `/api/v1/deliveries/${string}` ? Delivery
  : Path extends "/api/v1/takes" ? { takes: TakeSums[]; zones: string[] }
  : Path extends `/api/v1/takes/${string}` ? Take
  : Path extends "/api/v1/calls" ? { running: Card[]; missed: Card[]; history: Card[]; dispositions: string[]; reminders: Reminder[]; opensLinks?: true }
  : Path extends `/api/v1/calls/search?${string}` ? Card[]
  : Path extends "/api/v1/calls/why" ? Why[]
  : Path extends `/api/v1/fleet?${string}` ? GatewayPage
  : Path extends "/api/v1/repairs" ? Repair[]
  : Path extends "/api/v1/gateways/invitations" ? AgentInvitation[]
  : Path extends "/api/v1/rollouts" ? Rollout[]
  : Path extends "/api/v1/notices" ? Notice[]
  : Path extends `/api/v1/inbox/preferences?${string}` ? InboxPreferences
  : Path extends "/api/v1/channels" ? ChannelList
  : Path extends "/api/v1/duty" ? DutyList
  : Path extends `/api/v1/inbox?${string}` ? { counts: InboxCounts; entries: InboxEntry[]; next?: string }
  : Path extends `/api/v1/audit?${string}` ? LedgerEntry[]
  : Path extends `/api/v1/personal?${string}` ? PersonalPlaces
  : Path extends "/api/v1/retention" ? { kind: string; days: number }[]
  : Path extends "/api/v1/me/factors" ? SecondFactors
  : Path extends "/api/v1/me/sessions" ? Session[]
  : Path extends `/api/v1/users/${string}/sessions` ? Session[]
  : Path extends "/api/v1/tokens" ? Token[]
  : Path extends "/api/v1/screens" ? DockScreen[]
  : Path extends "/api/v1/users" ? User[]
  : Path extends "/api/v1/roles" ? RoleList
  : Path extends "/api/v1/webhooks" ? Webhook[]
  : Path extends `/api/v1/webhooks/${string}/deliveries?${string}` ? WebhookDelivery[]
  : Path extends `/api/v1/search?${string}` ? { found: Hit[] }
  : Path extends `/api/v1/products?${string}` ? { products: ListedProduct[]; total: number }
  : Path extends `/api/v1/products/${string}` ? Product
  : Path extends `/api/v1/items?${string}` ? Item[]
  : Path extends `/api/v1/parties?${string}` ? Party[]
  : Path extends `/api/v1/parties/${string}` ? Party
  : Path extends "/api/v1/erp" ? Connection
  : Path extends `/api/v1/erp/jobs?${string}` ? Job[]
  : Path extends `/api/v1/erp/jobs/${string}` ? Job
  : never;

/** What a request that changes something is answered with; `unknown` where only whether it was taken matters. */
type Done<Path extends string> =
  string extends Path ? unknown
  : Path extends "/api/v1/session" ? Person
  : Path extends "/api/v1/session/passkey" ? Person
  : Path extends "/api/v1/session/passkey/options" ? PasskeyOptions
  : Path extends "/api/v1/me/factors/passkeys/options" ? PasskeyOptions
  : Path extends "/api/v1/me/factors/code" ? { secret: string; address: string; picture: string; recovery: string[] }
  : Path extends "/api/v1/me/factors/recovery" ? { recovery: string[] }
  : Path extends "/api/v1/me/factors/passkeys" ? { recovery: string[] }
  : Path extends "/api/v1/me/sessions" ? { ended: number }
  : Path extends `/api/v1/users/${string}/sessions` ? { ended: number }
  : Path extends "/api/v1/tokens" ? Token & { token: string }
  : Path extends "/api/v1/screens" ? DockScreen
  : Path extends "/api/v1/screen/wait" ? Person | ScreenWait
  : Path extends "/api/v1/gateways/invitations" ? AgentInvitation & { line: string }
  : Path extends "/api/v1/rollouts" ? Rollout
  : Path extends `/api/v1/rollouts/${string}` ? Rollout
  : Path extends "/api/v1/me/preferences" ? Person
  : Path extends "/api/v1/me/extension" ? { person: Person; calls: Card[] }
  : Path extends "/api/v1/deliveries/blind" ? Delivery
  : Path extends `/api/v1/deliveries/${string}` ? Delivery
  : Path extends "/api/v1/takes" ? Take
  : Path extends `/api/v1/takes/${string}` ? Take
  : Path extends "/api/v1/calls/note" ? CallNote
  : Path extends "/api/v1/reminders" ? Reminder
  : Path extends `/api/v1/parties/${string}/numbers` ? Party
  : Path extends "/api/v1/parties" ? Party
  : Path extends "/api/v1/inbox/test" ? unknown
  : Path extends "/api/v1/inbox/preferences" ? InboxPreferences
  : Path extends "/api/v1/channels" ? NoticeChannel
  : Path extends "/api/v1/duty" ? DutyList
  : Path extends "/api/v1/inbox" ? InboxChanged
  : Path extends `/api/v1/inbox/${string}` ? InboxChanged
  : Path extends "/api/v1/photos" ? { id: number }
  : Path extends "/api/v1/scans" ? { now: number; answers: ScanAnswer[] }
  : Path extends "/api/v1/find" ? { epc: string; seconds: number; gateways: number }
  : Path extends `/api/v1/erp/jobs/${string}/dry` ? { calls: JobCall[] }
  : Path extends `/api/v1/import/${string}` ? ImportReport
  : Path extends "/api/v1/personal/erase" ? { calls: number; notes: number; numbers: number; clients: number; pushes: number; texts: number; facts: number; notReached: string[]; dryRun: boolean }
  : Path extends "/api/v1/webhooks" ? Webhook & { secret: string }
  : Path extends `/api/v1/webhooks/${string}/key` ? Webhook & { secret: string }
  : Path extends `/api/v1/webhooks/${string}/test` ? { seq: number }
  : Path extends `/api/v1/webhooks/${string}/replay` ? { queued: number }
  : unknown;

/** RFC 9457, with what some refusals add. */
interface Problem {
  title?: string;
  detail?: string;
  code?: string;
  seconds?: number;
  questions?: Question[];
  note?: CallNote;
  columns?: ImportColumns;
  /** The detail, for another language. */
  phrase?: Phrase;
  closedBy?: string;
  openedBy?: string;
  zone?: string;
}

// What the pages share among themselves. See types.d.ts.

/** What h() takes for a child. No number and no `true`: `list.length && …` would show a 0. */
type Child = Node | string | false | null | undefined | Child[];

/** Attributes and listeners of h(). */
type Props = Record<string, string | number | boolean | null | undefined | ((event: any) => unknown)>;

type PageName = "receiving" | "stocktake" | "find" | "clients" | "calls" | "erp" | "gateways" | "audit" | "help" | "repairs";

interface App {
  person: Person | null;
  /** Whether the stream is there; null before it was. */
  live: boolean | null;
  /** Since when it is so. */
  since: number;
  page: PageName;
  sites: string[];
  toast: { text: string; kind?: string } | null;
  toastTimer?: ReturnType<typeof setTimeout>;
  replaying: boolean;
  withoutServer: boolean;

  receiving: import("../../Sources/IngestServer/Web/receiving.js").Receiving;
  stocktake: import("../../Sources/IngestServer/Web/stocktake.js").StockTakes;
  find: import("../../Sources/IngestServer/Web/find.js").Find;
  clients: import("../../Sources/IngestServer/Web/clients.js").Clients;
  calls: import("../../Sources/IngestServer/Web/calls.js").Calls;
  erp: import("../../Sources/IngestServer/Web/erp.js").ERP;
  gateways: import("../../Sources/IngestServer/Web/gateways.js").Gateways;
  audit: import("../../Sources/IngestServer/Web/audit.js").Audit;
  help: import("../../Sources/IngestServer/Web/help-page.js").HelpPage;
  repairs: import("../../Sources/IngestServer/Web/repairs.js").Repairs;
  notices: import("../../Sources/IngestServer/Web/notices.js").Notices;
  signIn: import("../../Sources/IngestServer/Web/signin.js").SignIn;

  health: import("../../Sources/IngestServer/Web/health.js").Health;
  /** Only the dock's numbers, for the wall. */
  kiosk: boolean;
  setKiosk(on: boolean): void;
  /** Of this tab, by its address. */
  standAt(zone: string): void;
  /** What of the page is shown, as "back" knows it. */
  address(ref: string | null): void;
  soundIsBlocked(): boolean;

  isAway(): boolean;
  may(right: Right): boolean;
  /** Whether a page is theirs to see. */
  sees(page: PageName | "notices"): boolean;
  station(): string | null;
  setStation(zone: string): void;
  docksFirst(zones: string[]): string[];
  send(data: object): void;
  scanner: import("../../Sources/IngestServer/Web/scan.js").Scanner;
  /** `of`: what it is about, where the answer to a scan tells the same. */
  play(sound: string, of?: string): void;
  announce(text: string, urgent?: boolean): void;
  say(text: string | null, kind?: string, seconds?: number): void;
  /** Undefined where it was refused; the person was told why. */
  attempt<Answer>(body: () => Answer | Promise<Answer>): Promise<Answer | undefined>;
  refresh(page: PageName): void;
  go(page: PageName, ref?: string): void;
  openRef(kind: string, ref: string | number): void;
  drawTools(): void;
  leave(): void;
  signOut(): Promise<void>;
  /** To the next one. */
  changeLanguage(): Promise<void>;
  begin(person: Person): void;
}

/** A how-to. In its texts `x` is typed as it stands, and [key] is a word of the pages. */
interface HowTo {
  title: string;
  what: string;
  steps: string[];
  /** What somebody sees, and what to do then. */
  wrong: [seen: string, deed: string][];
  /** Names of others. */
  see: string[];
}

/** One page of the tabs, or of the help. */
interface Page {
  load(): Promise<void>;
  clear(): void;
  draw(main: HTMLElement): void;
  arrive?(): void;
  hidden?(): void;
  visit?(ref: string | null | undefined, isBack?: boolean): void;
}

/** What a delivery and a count have in common for those who decide about their lines. */
interface Counted {
  id: number;
  status: string;
  mode: "add" | "remove";
  lines: AnyLine[];
  decisions?: Decision[];
  unknownTags?: UnknownTag[];
  erpJob?: Job;
}

type AnyLine = { gtin: string; description?: string } & Partial<Omit<DeliveryLine, "gtin" | "description">> & Partial<Omit<TakeLine, "gtin" | "description">>;

/** What its page does for them. */
interface CountingPage {
  app: App;
  unfolded: Set<string>;
  isAway(): boolean;
  isFixed(): boolean;
  isDone(detail: Counted | undefined): boolean;
  detail: { get(id: number): Counted | undefined };
  name(detail: Counted, subject: string): void;
  act(path: string, body?: object): Promise<Counted | undefined>;
}

/** What a completion proposes. */
type Choice = Pick<Hit, "ref" | "title" | "detail">;

/** What is kept for when the server does not answer, by name. */
interface Kept {
  person: Person;
  receiving: { list: DeliverySums[]; zones: string[]; chosen: number | null; details: Delivery[] };
}

/** A scan on its way to the centre. */
interface KeptScan {
  key: string;
  /** Empty until somebody says where this screen stands. */
  zone: string;
  text: string;
  symbology?: string;
  /** By this browser's clock. */
  at: number;
  person: number;
  who: string;
  /** The centre will never take it. */
  refused?: { code: string; why: string };
}

interface ScanShelf {
  all(): Promise<KeptScan[]>;
  put(scan: KeptScan): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Shape Detection API; TypeScript's list of a page does not have it. */
declare class BarcodeDetector {
  constructor(options: { formats: string[] });
  static getSupportedFormats(): Promise<string[]>;
  detect(picture: HTMLVideoElement): Promise<{ rawValue: string; format: string }[]>;
}

/** What a picture shows; `symbology` is an AIM identifier where it says more than the text. */
type SeenCode = { text: string; symbology?: string; itf: boolean };

/** HTML §10.2: there in a worker alone. */
declare const WorkerGlobalScope: unknown;

/** Which notices are shown. */
type InboxChoice = { only: "all" | "unread" | "snoozed"; priority: "" | InboxEntry["priority"]; type: string };

/** One reader that hears the tag that is looked for. */
type Heard = Found & { strength: number; heard: number };

/** What sw.js uses of the scope of a service worker: TypeScript's own list of it cannot stand beside that of a page. */
interface ServiceWorkerGlobalScope {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(which: { type: "window"; includeUncontrolled: boolean }): Promise<WorkerClient[]>; openWindow(address: string): Promise<unknown> };
  registration: ServiceWorkerRegistration;
  addEventListener(type: "install", listen: () => void): void;
  addEventListener(type: "activate" | "message" | "fetch", listen: (event: WorkerEvent) => void): void;
  addEventListener(type: "push", listen: (event: { data?: { json(): { title?: unknown; body?: unknown; critical?: unknown; page?: unknown } }; waitUntil(work: Promise<unknown>): void }) => void): void;
  addEventListener(type: "notificationclick", listen: (event: { notification: Notification; waitUntil(work: Promise<unknown>): void }) => void): void;
}
interface WorkerClient {
  focus(): Promise<unknown>;
  navigate(address: string): Promise<unknown>;
}
interface WorkerEvent {
  request: Request;
  data?: { files?: string[] };
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

/** Whom a card is about. */
interface Who {
  title: string;
  company?: string | null;
  party?: Party;
  /** The number, where it is shown. */
  shown?: string;
  several?: boolean;
  guess?: boolean;
  unknown?: true;
}

/** What was asked of a call that runs. */
interface Asked {
  click: string;
  kind: "hangup" | "transfer";
  number?: string;
  state: string;
  cause?: string;
}
type TransferForm = HTMLFormElement & { lang: string; input: HTMLInputElement };

type ImportKind = "deliveries" | "parties" | "products" | "codes" | "tags";

/** What a person says of a file. */
interface Said {
  map?: Record<string, string>;
  add: boolean;
  supplier?: string;
  note?: string;
  /** How the text is read, where it was chosen. */
  reading?: TableReading;
  /** How the last file like it was read does not count. */
  fresh?: boolean;
}

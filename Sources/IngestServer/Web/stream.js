// The live stream: numbered messages; after a break it asks for what was missed, or starts afresh when told so.

export class Stream {
  /** @param {{ state(live: boolean): void, replaying(on: boolean): void, signIn(): void, message(message: Message): void, watchful?(): boolean, quiet?(on: boolean): void }} handlers */
  constructor(handlers) {
    this.handlers = handlers;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | null} */
    this.seq = null;
    this.pause = 500;
    this.stopped = false;
    this.heard = Date.now();
    this.asked = 0;
    this.looked = 0;
    this.begun = 0;
    this.watch = setInterval(() => this.check(), 500);
  }

  start() {
    clearTimeout(this.timer);
    this.drop();
    this.stopped = false;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.socket = socket;
    this.begun = Date.now();
    socket.onopen = () => {
      this.heard = Date.now();
      this.handlers.replaying(true);
      socket.send(JSON.stringify({ resume: this.seq }));
    };
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.heard = Date.now();
      this.pause = 500;
      if (this.asked) { this.asked = 0; this.handlers.quiet?.(false); }
      const message = /** @type {Message} */ (JSON.parse(event.data));
      if (message.type === "alive") { socket.send(JSON.stringify({ alive: true })); return; }
      if (message.seq !== undefined) this.seq = message.seq;
      if (message.type === "ready") {
        this.handlers.replaying(false);
        this.handlers.state(true);
      }
      this.handlers.message(message);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.asked = 0;
      this.handlers.quiet?.(false);
      this.handlers.state(false);
      if (event.code === 4401) { this.handlers.signIn(); return; }
      if (this.stopped) return;
      this.timer = setTimeout(() => this.start(), this.pause * (0.5 + Math.random()));
      this.pause = Math.min(this.pause * 2, 10000);
    };
  }

  /** @param {object} data */
  send(data) { if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(data)); }

  // The server speaks every 30 seconds; silence means a dead line that nobody reported. A dock's screen asks after a second: whoever
  // scans there is told within three that the centre is not there.
  check() {
    const { socket } = this;
    const now = Date.now();
    if (this.stopped || !socket) return;
    // A server that stands still takes a connection and never answers it.
    if (socket.readyState === WebSocket.CONNECTING && now - this.begun > 8000) { this.lose(socket); return; }
    if (socket.readyState !== WebSocket.OPEN) return;
    const watchful = this.handlers.watchful?.() ?? false;
    if (now - this.heard > (watchful ? 12000 : 75000)) { this.lose(socket); return; }
    if (!watchful) return;
    if (!this.asked && now - this.heard > 900) { this.asked = now; this.send({ ask: true }); }
    // A page that slept asks before it judges.
    else if (this.asked && now - this.asked > 1500 && now - this.looked < 1500) this.handlers.quiet?.(true);
    this.looked = now;
  }

  /**
   * Given up: a dead line does not answer a goodbye either.
   * @param {WebSocket} socket
   */
  lose(socket) {
    socket.onopen = null;
    const closed = socket.onclose?.bind(socket);
    // Its own word, when it comes at last, begins nothing a second time.
    socket.onclose = null;
    socket.close();
    closed?.(new CloseEvent("close"));
  }

  stop() {
    this.stopped = true;
    this.seq = null;
    clearTimeout(this.timer);
    this.drop();
  }

  drop() {
    const old = this.socket;
    this.socket = null;
    old?.close();
  }
}

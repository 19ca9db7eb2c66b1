// The live stream: numbered messages; after a break it asks for what was missed, or starts afresh when told so.

export class Stream {
  /** @param {{ state(live: boolean): void, replaying(on: boolean): void, signIn(): void, message(message: Message): void }} handlers */
  constructor(handlers) {
    this.handlers = handlers;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {number | null} */
    this.seq = null;
    this.pause = 500;
    this.stopped = false;
    this.heard = Date.now();
    this.watch = setInterval(() => this.check(), 10000);
  }

  start() {
    clearTimeout(this.timer);
    this.drop();
    this.stopped = false;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.socket = socket;
    socket.onopen = () => {
      this.heard = Date.now();
      this.handlers.replaying(true);
      socket.send(JSON.stringify({ resume: this.seq }));
    };
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      this.heard = Date.now();
      this.pause = 500;
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
      this.handlers.state(false);
      if (event.code === 4401) { this.handlers.signIn(); return; }
      if (this.stopped) return;
      this.timer = setTimeout(() => this.start(), this.pause * (0.5 + Math.random()));
      this.pause = Math.min(this.pause * 2, 10000);
    };
  }

  /** @param {object} data */
  send(data) { if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(data)); }

  // The server speaks every 30 seconds; silence means a dead line that nobody reported.
  check() {
    if (!this.stopped && this.socket?.readyState === WebSocket.OPEN && Date.now() - this.heard > 75000) this.socket.close();
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

// The client's half of chartroom.v1: one session over a WebSocket that may break at any moment.
// It keeps the cursor (session, epoch, offset, participant), notices gaps, resends what was not
// accepted under the same ids, and reconnects. It knows nothing of the page; it touches the world
// only through its options, so it runs under Node as well.

const kBackoffBaseMs = 500;
const kBackoffMaxMs = 30_000;
const kProbeMs = 5_000; // a server that does not answer a ping for so long is gone
const kPipelineMax = 64; // unaccepted messages of one session; further ones are refused here

// Close codes after which trying again by itself cannot help.
const kFinalCloses = new Map([
  [1003, 'The server does not take this kind of frame.'],
  [1008, 'The server refused this page’s messages.'],
  [4001, 'The server asks for a valid sign-in.'],
  [4003, 'This conversation is not open to you.'],
  [4009, 'This conversation was erased.'],
]);
const kLaterCodes = new Set(['busy', 'unavailable', 'restarting', 'rate_limited']);

// Full jitter: anything between nothing and the whole step, so that a thousand clients of one
// restarted server spread out.
export function backoff_ms(attempt, random = Math.random) {
  return Math.floor(random() * Math.min(kBackoffMaxMs, kBackoffBaseMs * 2 ** attempt));
}

export class Connection {
  #options; #socket = null; #timer = null; #probe = null; #attempt = 0; #expected_prev = null;
  #gap_after = null; #was_live = false; #stopped = false; #next = 1; #instance; #retries = new Map();

  // options: url; cursor {session, epoch, offset, participant}, changed in place; outbox
  //   {list(), put(message), remove(id)}, which should outlive the page; on {state, opened, reset,
  //   event, accepted, refused, error}; and, for tests, socket, random, set_timeout, clear_timeout.
  constructor(options) {
    this.#options = {
      socket: (url, protocol) => new WebSocket(url, protocol),
      random: Math.random,
      set_timeout: (run, ms) => setTimeout(run, ms),
      clear_timeout: (timer) => clearTimeout(timer),
      ...options,
    };
    this.cursor = options.cursor;
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    this.#instance = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  // Connects now, or hurries a planned attempt.
  open() {
    this.#stopped = false;
    if (this.#socket) return;
    this.#cancel_timers();
    this.#tell('state', { phase: 'connecting', attempt: this.#attempt });
    const socket = this.#options.socket(this.#options.url, 'chartroom.v1');
    this.#socket = socket;
    socket.onopen = () => this.#send(this.#opening());
    socket.onmessage = ({ data }) => { if (socket === this.#socket) this.#receive(data); };
    socket.onclose = ({ code, reason }) => { if (socket === this.#socket) this.#lost(code, reason); };
  }

  // Whether the server is still there, for when the machine has slept: a socket may not know.
  probe() {
    if (!this.#is_open) return this.open();
    if (this.#probe !== null) return;
    this.#send({ type: 'ping' });
    this.#probe = this.#options.set_timeout(() => this.#drop('silence'), kProbeMs);
  }

  close() {
    this.#stopped = true;
    this.#cancel_timers();
    for (const timer of this.#retries.values()) this.#options.clear_timeout(timer);
    this.#retries.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  // Queues a message and returns its id; it is sent until it is accepted or refused for good.
  // Returns null when too many wait already.
  post(type, data) {
    if (this.#options.outbox.list().length >= kPipelineMax) return null;
    const message = { id: `${this.#instance}-${this.#next++}`, type, data };
    this.#options.outbox.put(message);
    if (this.#is_open) this.#send_message(message);
    return message.id;
  }

  // Sends once and forgets: typing, which is worth nothing later.
  whisper(type, data) {
    if (this.#is_open) this.#send({ type, data, session: this.cursor.session });
  }

  cancel(cause) {
    if (this.#is_open) this.#send({ type: 'cancel', session: this.cursor.session, cause });
  }

  // Everything up to `offset` was shown to a person.
  acknowledge(offset) {
    if (this.#is_open) this.#send({ type: 'ack', session: this.cursor.session, offset });
  }

  get #is_open() { return this.#socket?.readyState === 1 && this.#opened; }
  #opened = false;

  #opening() {
    const { session, epoch, offset, participant } = this.cursor;
    const frame = { type: 'session.open', client: { name: 'chartroom-page' } };
    if (session) Object.assign(frame, { session, after: offset ?? 0 });
    if (session && epoch) frame.epoch = epoch;
    if (participant) frame.participant = participant;
    return frame;
  }

  #receive(text) {
    this.#end_probe();
    const frame = JSON.parse(text);
    switch (frame.type) {
      case 'session.opened': return this.#on_opened(frame);
      case 'session.reset': return this.#on_reset(frame);
      case 'session.live': return this.#on_live();
      case 'session.position': return this.#advance(frame);
      case 'accepted': return this.#on_accepted(frame);
      case 'error': if (frame.offset === undefined) return this.#on_error(frame); break;
      default: if (frame.offset === undefined) return; // an answer that this page never asks for
    }
    if (this.#advance(frame)) this.#tell('event', frame);
  }

  #on_opened(frame) {
    const { cursor } = this;
    cursor.offset = cursor.session ? cursor.offset ?? 0 : frame.head; // as #opening() asked
    cursor.session = frame.session;
    cursor.epoch = frame.epoch;
    if (frame.participant) cursor.participant = frame.participant;
    this.#expected_prev = cursor.offset;
    this.#opened = true;
    this.#tell('opened', frame);
    for (const message of this.#options.outbox.list()) this.#send_message(message);
  }

  #on_reset(frame) {
    this.cursor.epoch = frame.epoch;
    this.cursor.offset = Math.max(0, frame.first - 1);
    this.#expected_prev = null; // the first event after a reset says where the past begins now
    this.#tell('reset', frame);
  }

  #on_live() {
    if (this.cursor.offset !== this.#gap_after) this.#attempt = 0;
    const again = this.#was_live;
    this.#was_live = true;
    this.#tell('state', { phase: 'live', again });
  }

  // Moves the cursor to the frame. False: something is missing before it, or it was had before.
  #advance(frame) {
    const { cursor } = this;
    if (frame.session !== undefined && frame.session !== cursor.session) return false;
    if (this.#expected_prev !== null && frame.prev !== this.#expected_prev) {
      this.#gap_after = cursor.offset; // the same gap again is met ever less often
      this.#drop('gap');               // and reopened after the last offset that is whole
      return false;
    }
    cursor.offset = frame.offset;
    this.#expected_prev = frame.offset;
    return true;
  }

  #on_accepted(frame) {
    this.#forget(frame.id);
    this.#tell('accepted', frame);
  }

  #on_error(frame) {
    if (frame.id === undefined) return this.#tell('error', frame);
    const message = this.#options.outbox.list().find(({ id }) => id === frame.id);
    if (!message) return;
    if (kLaterCodes.has(frame.code)) {
      const tries = message.tries = (message.tries ?? 0) + 1;
      const wait = (frame.retry_after_ms ?? 0) + backoff_ms(tries, this.#options.random);
      this.#retries.set(message.id, this.#options.set_timeout(() => {
        if (this.#is_open) this.#send_message(message);
      }, wait));
      return;
    }
    this.#forget(frame.id);
    this.#tell('refused', frame);
  }

  #forget(id) {
    this.#options.outbox.remove(id);
    this.#options.clear_timeout(this.#retries.get(id));
    this.#retries.delete(id);
  }

  // `since` is what this client knew when it *first* sent the message; a repeat says it again, with
  // its epoch when that has become another.
  #send_message(message) {
    if (message.since === undefined) {
      message.since = this.cursor.offset;
      message.epoch = this.cursor.epoch;
      this.#options.outbox.put(message);
    }
    const { id, type, data, since, epoch } = message;
    const frame = { type, id, since, session: this.cursor.session, data };
    if (epoch !== this.cursor.epoch) frame.epoch = epoch;
    this.#send(frame);
  }

  #send(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  // Gives the socket up without waiting for its close handshake.
  #drop(reason) {
    const socket = this.#socket;
    this.#lost(4000, reason);
    socket?.close(4000, reason);
  }

  #lost(code, reason) {
    this.#socket = null;
    this.#opened = false;
    this.#end_probe();
    if (this.#stopped) return;
    if (kFinalCloses.has(code)) {
      this.#stopped = true;
      this.#tell('state', { phase: 'closed', code, text: reason || kFinalCloses.get(code) });
      return;
    }
    const retry_ms = backoff_ms(this.#attempt, this.#options.random);
    this.#attempt = Math.min(this.#attempt + 1, 10);
    this.#timer = this.#options.set_timeout(() => { this.#timer = null; this.open(); }, retry_ms);
    this.#tell('state', { phase: 'waiting', code, retry_ms, attempt: this.#attempt });
  }

  #cancel_timers() {
    if (this.#timer !== null) this.#options.clear_timeout(this.#timer);
    this.#timer = null;
    this.#end_probe();
  }

  #end_probe() {
    if (this.#probe !== null) this.#options.clear_timeout(this.#probe);
    this.#probe = null;
  }

  #tell(name, value) { this.#options.on[name]?.(value); }
}

// One connection to a Chartroom server, kept up: it connects, shows its token, follows the sessions
// it was asked for, notices silence, and comes back after every loss with what each session needs
// to go on. What is said in a session is the session's business.
import { backoffMs } from './backoff.js';
import { ChartroomError, closeMeaning, errorOf, isSentAgain } from './errors.js';
import { Emitter } from './emitter.js';
import { instanceName, uuid } from './names.js';
import { defaultOutbox } from './outbox.js';
import { Session, wireOf } from './session.js';

const kProtocol = 'chartroom.v1';
const kSessionsMax = 63; // the server's 64, one of which may be the one that opened and was left
const kLaterMs = 2_000; // before another attempt where the server has had too much of this client

export class Client {
  #options; #emitter = new Emitter(); #wires = []; #main = null; #socket = null; #dials = 0;
  #phase = 'idle'; #wanted = false; #closed = false; #attempt = 0; #retryTimer = null; #openTimer = null;
  #idleTimer = null; #probeTimer = null; #heardAt = 0; #limits = {}; #participant; #fatal = null;
  #tokenReason = 'open'; #instance; #count = 0;

  constructor(options) {
    this.#options = {
      clock: { now: () => Date.now(), setTimeout: (run, ms) => setTimeout(run, ms),
               clearTimeout: (timer) => clearTimeout(timer) },
      random: Math.random,
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      WebSocket: globalThis.WebSocket,
      outbox: defaultOutbox(),
      queueMax: 256, bufferMax: 10_000,
      connectTimeoutMs: 15_000, idlePingMs: 30_000, pingTimeoutMs: 5_000,
      ...definedOnly(options),
    };
    if (!this.#options.WebSocket) {
      throw new TypeError('there is no WebSocket here; give one: new Client({ …, WebSocket }), in Node from the package "ws"');
    }
    this.#options.url = socketUrl(this.#options.url);
    this.#participant = this.#options.participant;
    this.#instance = instanceName(this.#options.randomBytes);
  }

  get phase() { return this.#phase; }
  get participant() { return this.#participant; }
  get sessions() { return this.#wires.map(({ session }) => session); }

  on(name, listener) { return this.#emitter.on(name, listener); }

  session(place = {}) {
    if (this.#closed) throw new ChartroomError('closed', 'the client was closed');
    const cursor = typeof place === 'string' ? { session: place } : { ...place };
    const known = cursor.session && this.#find(cursor.session);
    if (known) return known.session;
    if (this.#wires.length >= kSessionsMax) {
      throw new ChartroomError('busy', `${kSessionsMax} sessions are followed already; leave one, or take another client`);
    }
    if (!cursor.session) Object.assign(cursor, { session: uuid(this.#options.randomBytes), offset: 0 });
    const session = new Session(this.#port(), cursor);
    const wire = wireOf(session);
    this.#wires.push(wire);
    this.#participant ??= cursor.participant ?? wire.participant();
    if (this.#main) this.#join(wire);
    else this.connect();
    return session;
  }

  // Connects now, or hurries a planned attempt.
  connect() {
    if (this.#closed) throw new ChartroomError('closed', 'the client was closed');
    this.#wanted = true;
    if (this.#phase === 'stopped') this.#tokenReason = 'open';
    if (this.#phase !== 'connecting' && this.#phase !== 'online') this.#dial();
  }

  wake() {
    if (!this.#wanted) return;
    if (this.#phase === 'online') this.#probe();
    else this.connect();
  }

  disconnect() {
    if (this.#closed) return;
    this.#wanted = false;
    this.#hangUp(1000);
    this.#enter('idle');
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#wanted = false;
    this.#hangUp(1000);
    for (const wire of this.#wires.splice(0)) wire.end(new ChartroomError('closed', 'the client was closed'));
    this.#enter('closed');
  }

  // ---- connecting ------------------------------------------------------------------------------

  #dial() {
    this.#hangUp(1000);
    if (this.#wires.length === 0) return;
    this.#enter('connecting', { attempt: this.#attempt });
    if (this.#phase !== 'connecting') return; // a listener thought better of it
    const dial = ++this.#dials;
    const { clock, connectTimeoutMs } = this.#options;
    this.#openTimer = clock.setTimeout(() => this.#drop('no answer'), connectTimeoutMs);
    const dialled = (token) => { if (dial === this.#dials) this.#connect(token); };
    const failed = (cause) => {
      if (dial !== this.#dials) return;
      const error = new ChartroomError('unauthenticated', `no token to be had: ${cause?.message ?? cause}`, { cause });
      this.#lost('retry', error);
    };
    this.#withToken(this.#tokenReason, dialled, failed);
  }

  #connect(token) {
    const socket = new this.#options.WebSocket(this.#options.url, [kProtocol]);
    this.#socket = socket;
    const current = (handle) => (event) => { if (socket === this.#socket) handle(event); };
    socket.onopen = current(() => this.#openMain(token));
    socket.onmessage = current(({ data }) => this.#receive(data));
    socket.onerror = () => {}; // a close follows
    socket.onclose = current(({ code, reason }) => this.#closedBy(code, reason));
  }

  #openMain(token) {
    const { info } = this.#options;
    this.#main = this.#wires[0];
    const frame = { type: 'session.open', ...this.#main.asks() };
    if (token !== undefined) frame.token = token;
    if (this.#participant !== undefined) frame.participant = this.#participant;
    if (info !== undefined) frame.client = info;
    this.#send(frame);
  }

  // A token may be a string, or a function that gives one, now or later.
  #withToken(reason, use, fail) {
    const { token } = this.#options;
    if (typeof token !== 'function') return use(token);
    let given;
    try {
      given = token(reason);
    } catch (error) {
      return fail(error);
    }
    if (typeof given?.then === 'function') given.then(use, fail);
    else use(given);
  }

  #hangUp(code, reason) {
    const socket = this.#socket;
    this.#socket = null;
    this.#main = null;
    this.#fatal = null;
    ++this.#dials;
    for (const timer of [this.#retryTimer, this.#openTimer, this.#idleTimer, this.#probeTimer]) {
      this.#options.clock.clearTimeout(timer);
    }
    this.#probeTimer = null;
    for (const wire of this.#wires) wire.offline();
    socket?.close(code, reason);
  }

  #enter(phase, details = {}) {
    this.#phase = phase;
    this.#emitter.emit('state', { phase, ...details });
  }

  // ---- losing the connection -------------------------------------------------------------------

  #closedBy(closeCode, reason) {
    const { then, error } = closeMeaning(closeCode, this.#fatal?.message ?? reason);
    if (then === 'token') return this.#tokenRefused(error);
    if (then === 'session' && this.#main) {
      this.#give(this.#main, error);
      if (this.#wires.length > 0) return this.#lost('retry', error);
      return this.#lost('stop', error);
    }
    this.#lost(then === 'session' ? 'stop' : then, error);
  }

  // A function may have another token; the same one twice it is not asked for.
  #tokenRefused(error) {
    const again = typeof this.#options.token === 'function' && this.#tokenReason !== 'refused';
    this.#tokenReason = 'refused';
    this.#lost(again ? 'retry' : 'stop', error);
  }

  #drop(reason) {
    this.#lost('retry', new ChartroomError('disconnected', reason));
  }

  #lost(then, error) {
    this.#hangUp(4000, error.code);
    if (then === 'stop') {
      this.#wanted = false;
      return this.#enter('stopped', { error });
    }
    const { clock, random } = this.#options;
    const retryInMs = backoffMs(this.#attempt, random) + (then === 'later' ? kLaterMs : 0);
    ++this.#attempt;
    this.#retryTimer = clock.setTimeout(() => this.#dial(), retryInMs);
    this.#enter('waiting', { attempt: this.#attempt, retryInMs, error });
  }

  // ---- silence ---------------------------------------------------------------------------------

  // A socket may not know that its other end is gone.
  #watch() {
    const { clock, idlePingMs } = this.#options;
    const idle = clock.now() - this.#heardAt;
    if (idle >= idlePingMs) this.#probe();
    this.#idleTimer = clock.setTimeout(() => this.#watch(), idle >= idlePingMs ? idlePingMs : idlePingMs - idle);
  }

  #probe() {
    if (this.#probeTimer !== null) return;
    const { clock, pingTimeoutMs } = this.#options;
    this.#send({ type: 'ping' });
    this.#probeTimer = clock.setTimeout(() => this.#drop('silence'), pingTimeoutMs);
  }

  #heard() {
    const { clock } = this.#options;
    this.#heardAt = clock.now();
    if (this.#probeTimer === null) return;
    clock.clearTimeout(this.#probeTimer);
    this.#probeTimer = null;
  }

  // ---- frames ----------------------------------------------------------------------------------

  #send(frame) {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #receive(text) {
    this.#heard();
    const frame = parsed(text);
    if (!frame) return this.#drop('a frame that is no JSON object');
    if (frame.type === 'error' && frame.offset === undefined) return this.#onError(frame);
    if (frame.type === 'session.opened') return this.#onOpened(frame);
    if (frame.type === 'session.expiring') return this.#refresh();
    const wire = this.#find(frame.session);
    if (!wire) return; // of a session that was left
    switch (frame.type) {
      case 'session.joined': if (wire.isJoining()) wire.opened(frame); return;
      case 'session.reset': return wire.reset(frame);
      case 'session.live': if (wire.live()) this.#attempt = 0; return;
      case 'session.left': if (frame.code) this.#give(wire, errorOf(frame)); return;
      case 'session.page': if (wire.owns(frame.id)) wire.page(frame); return;
      case 'accepted': if (frame.id !== undefined) wire.accepted(frame); return;
      default: if (frame.offset !== undefined) wire.take(frame);
    }
  }

  #onOpened(frame) {
    const { clock } = this.#options;
    clock.clearTimeout(this.#openTimer);
    this.#limits = frame.limits ?? {};
    this.#participant = frame.participant ?? this.#participant;
    this.#tokenReason = 'open';
    this.#enter('online', { server: frame.server });
    if (!this.#socket) return; // a listener hung up
    if (this.#options.idlePingMs > 0) this.#watch();
    if (this.#wires.includes(this.#main)) this.#main.opened(frame);
    for (const wire of [...this.#wires]) if (wire !== this.#main) this.#join(wire);
  }

  #join(wire) {
    if (this.#phase === 'online') this.#send({ type: 'session.join', ...wire.asks() });
  }

  #refresh() {
    if (this.#options.token === undefined) return;
    const dial = this.#dials;
    const use = (token) => { if (dial === this.#dials) this.#send({ type: 'session.refresh', token }); };
    const fail = (cause) => {
      this.#complain(new ChartroomError('unauthenticated', 'no token to refresh with', { cause }));
    };
    this.#withToken('expiring', use, fail);
  }

  #onError(frame) {
    const error = errorOf(frame);
    if (frame.fatal) {
      this.#fatal = error; // its close code follows
      return;
    }
    const owner = frame.id === undefined ? undefined : this.#wires.find((wire) => wire.owns(frame.id));
    if (owner) return owner.refused(frame);
    if (frame.id !== undefined) return; // of a cancel that came too late
    const asked = this.#refusedJoin(frame);
    if (asked) return this.#onJoinRefused(asked, error);
    if (isSentAgain(error.code)) for (const wire of this.#wires) wire.resend(error.retryAfterMs ?? 0);
    this.#complain(error);
  }

  // An answer to a join has no id; it names the session, if the server is not an old one.
  #refusedJoin({ session }) {
    if (session !== undefined) {
      const named = this.#find(session);
      return named?.isJoining() ? named : undefined;
    }
    return this.#wires.find((wire) => wire.isJoining());
  }

  #onJoinRefused(wire, error) {
    if (error.retry) return this.#lost('later', error);
    const wasMain = wire === this.#main;
    this.#give(wire, error);
    if (!wasMain) return;
    if (this.#wires.length === 0) this.#lost('stop', error);
    else this.#dial();
  }

  // ---- sessions --------------------------------------------------------------------------------

  #find(name) {
    return this.#wires.find((wire) => wire.answersTo(name));
  }

  #give(wire, error) {
    this.#wires = this.#wires.filter((one) => one !== wire);
    wire.end(error);
  }

  // The server lets nobody leave the session that opened the connection; it is not listened to.
  #leave(session) {
    const wire = this.#wires.find((one) => one.session === session);
    if (!wire) return;
    this.#wires = this.#wires.filter((one) => one !== wire);
    if (this.#wires.length === 0) {
      this.#hangUp(1000);
      this.#enter('idle');
    } else if (wire !== this.#main) {
      this.#send({ type: 'session.leave', session: session.name });
    }
  }

  #complain(error) { this.#emitter.emit('error', error); }

  #tooLong(frame) {
    const limit = this.#limits.frame_bytes ?? Infinity;
    const text = JSON.stringify(frame);
    if (text.length * 3 <= limit) return null;
    const bytes = new TextEncoder().encode(text).length;
    if (bytes <= limit) return null;
    return new ChartroomError('message_too_long', `the message has ${bytes} bytes; the server takes ${limit}`);
  }

  // What a session may use of its client.
  #port() {
    const { clock, random, outbox, queueMax, bufferMax } = this.#options;
    return {
      outbox, queueMax, bufferMax, random,
      now: clock.now,
      setTimeout: clock.setTimeout,
      clearTimeout: clock.clearTimeout,
      count: () => ++this.#count,
      newId: () => `${this.#instance}-${++this.#count}`,
      participant: () => this.#participant,
      send: (frame) => this.#send(frame),
      tooLong: (frame) => this.#tooLong(frame),
      drop: (reason) => this.#drop(reason),
      rejoin: (session) => this.#join(this.#wires.find((wire) => wire.session === session)),
      leave: (session) => this.#leave(session),
      complain: (error) => this.#complain(error),
    };
  }
}

function definedOnly(options) {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
}

function parsed(text) {
  try {
    const frame = JSON.parse(text);
    return typeof frame === 'object' ? frame : null;
  } catch {
    return null;
  }
}

// ws: and wss: as they are, http: and https: likewise, a path against the page's own address.
function socketUrl(url) {
  if (!url) throw new TypeError('url is missing: new Client({ url: "wss://…/v1/session" })');
  const made = new URL(url, globalThis.location?.href);
  made.protocol = { 'http:': 'ws:', 'https:': 'wss:' }[made.protocol] ?? made.protocol;
  return made.href;
}

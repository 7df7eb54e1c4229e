// A followed session: its cursor, what it says, what it is told, and what waits to be said. It
// outlives connections; the client tells it of each through the wire that it hands over.
import { Answer, deferred, drive } from './answer.js';
import { backoffMs } from './backoff.js';
import { ChartroomError, errorOf, isSentAgain } from './errors.js';
import { Emitter } from './emitter.js';
import { EventQueue } from './event_queue.js';
import { Follower } from './follower.js';
import { Outbox } from './outbox.js';
import { Turns } from './turns.js';

const kUnansweredMax = 32; // messages on the wire at once; the server pauses reading at 64
const kPagesMax = 64;
const kCancelsMax = 64;

let wireOf;

export class Session {
  #port; #follower; #outbox; #turns; #emitter = new Emitter(); #queues = new Set();
  #phase = 'offline'; #onTheWire = new Set(); #pauses = new Map(); #tries = new Map();
  #promises = new Map(); #pages = new Map(); #cancels = new Set(); #ready = deferred(); #gapAt;

  static { wireOf = (session) => session.#wire(); }

  // port: what the client does for its sessions; made by Client.session() only.
  constructor(port, { session, epoch, offset }) {
    this.#port = port;
    this.#follower = new Follower({ session, epoch, offset });
    this.#outbox = new Outbox(port.outbox, session, port.queueMax, (error) => port.complain(error));
    for (const message of this.#outbox.list()) {
      if (message.since === undefined) Object.assign(message, { since: offset ?? 0, epoch });
    }
    this.#turns = new Turns(port.bufferMax);
  }

  get name() { return this.#follower.session; }
  get phase() { return this.#phase; }
  get ready() { return this.#ready.promise; }
  get pending() { return this.#outbox.list().map(({ id, type, data, at }) => ({ id, type, data, at })); }
  get cursor() {
    const { session, epoch, offset } = this.#follower;
    const cursor = { session };
    if (epoch !== undefined) cursor.epoch = epoch;
    if (offset !== undefined) cursor.offset = offset;
    const participant = this.#port.participant();
    if (participant !== undefined) cursor.participant = participant;
    return cursor;
  }

  on(name, listener) { return this.#emitter.on(name, listener); }

  // ---- saying something ------------------------------------------------------------------------

  send(type, data = {}, { id = this.#port.newId(), signal } = {}) {
    const waiting = deferred();
    try {
      this.#post(id, type, data, signal);
    } catch (error) {
      return Object.assign(Promise.reject(error), { id });
    }
    this.#promises.set(id, waiting);
    onAbort(signal, waiting.promise, () => {
      waiting.reject(signal.reason);
      this.withdraw(id);
    });
    this.#flush();
    return Object.assign(waiting.promise, { id });
  }

  ask(type, data = {}, { id = this.#port.newId(), signal, until } = {}) {
    this.#checkRoom();
    this.#post(id, type, data, signal);
    const answer = new Answer(id, { cancel: (one) => this.#cancelAnswer(one) },
                              { until, max: this.#port.bufferMax });
    const driver = drive(answer);
    this.#turns.ask({ answer, driver });
    onAbort(signal, answer.done, () => driver.abort(signal.reason));
    this.#flush();
    return answer;
  }

  whisper(type, data = {}) {
    return this.#isOpen && this.#port.send({ type, session: this.name, data });
  }

  withdraw(id) {
    const message = this.#outbox.get(id);
    if (!message || message.sent) return false;
    this.#drop(id, new ChartroomError('cancelled', 'taken back before it was sent'));
    return true;
  }

  cancel(cause) {
    if (this.#cancels.size >= kCancelsMax) return;
    this.#cancels.add(cause);
    this.#sendCancels();
  }

  ack(offset = this.#follower.offset) {
    return this.#isOpen && this.#port.send({ type: 'ack', session: this.name, offset });
  }

  // ---- hearing something -----------------------------------------------------------------------

  events({ signal } = {}) {
    const ended = deferred();
    const queue = new EventQueue(this.#port.bufferMax, (one) => {
      this.#queues.delete(one);
      ended.resolve();
    });
    if (this.#phase === 'left') queue.end();
    else if (signal?.aborted) queue.end(signal.reason);
    else this.#queues.add(queue);
    onAbort(signal, ended.promise, () => queue.end(signal.reason));
    return queue;
  }

  answer(cause, { until } = {}) {
    const known = this.#turns.of(cause);
    if (known) return known;
    this.#checkRoom();
    const answer = new Answer(undefined, { cancel: () => this.cancel(cause) },
                              { until, max: this.#port.bufferMax });
    this.#turns.attach(cause, { answer, driver: drive(answer) });
    return answer;
  }

  history({ before, after, limit, signal } = {}) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#phase === 'left') return Promise.reject(new ChartroomError('closed', 'the session was left'));
    if (this.#pages.size >= kPagesMax) {
      return Promise.reject(new ChartroomError('busy', `${kPagesMax} pages are awaited already`));
    }
    const id = this.#port.newId();
    const waiting = deferred();
    this.#pages.set(id, { waiting, asked: { before, after, limit } });
    onAbort(signal, waiting.promise, () => {
      this.#pages.delete(id);
      waiting.reject(signal.reason);
    });
    if (this.#isOpen) this.#askPage(id);
    return waiting.promise;
  }

  leave() {
    if (this.#phase === 'left') return;
    this.#port.leave(this);
    this.#end(null);
  }

  // ---- the wire --------------------------------------------------------------------------------

  #wire() {
    return {
      session: this,
      answersTo: (name) => this.#follower.answersTo(name),
      owns: (id) => this.#outbox.get(id) !== undefined || this.#pages.has(id),
      participant: () => this.#outbox.list().find((message) => message.participant)?.participant,
      asks: () => { this.#phase = 'joining'; return this.#follower.asks(); },
      isJoining: () => this.#phase === 'joining',
      opened: (frame) => this.#opened(frame),
      reset: (frame) => this.#reset(frame),
      live: () => this.#live(),
      take: (frame) => this.#take(frame),
      accepted: (frame) => this.#accepted(frame),
      refused: (frame) => this.#refused(frame),
      page: (frame) => this.#page(frame),
      offline: () => this.#offline(),
      resend: (afterMs) => this.#resend(afterMs),
      end: (error) => this.#end(error),
    };
  }

  get #isOpen() { return this.#phase === 'catching up' || this.#phase === 'live'; }

  #opened(frame) {
    this.#follower.opened(frame);
    this.#outbox.adopt(this.name, this.#port.participant());
    this.#phase = 'catching up';
    this.#ready.resolve(this);
    this.#emitter.emit('opened', { resumed: frame.resumed, head: frame.head });
    for (const id of this.#pages.keys()) this.#askPage(id);
    this.#sendCancels();
    this.#flush();
  }

  #reset(frame) {
    if (!this.#isOpen) return; // of a following that was given up
    this.#follower.reset(frame);
    const { reason, epoch, first, head } = frame;
    this.#turns.reset(new ChartroomError('session_reset', `the log of this session is another now (${reason})`));
    this.#cancels.clear();
    this.#emitter.emit('reset', { reason, epoch, first, head });
    for (const queue of this.#queues) queue.push(frame);
  }

  // Returns whether this connection has brought the session any further than the last one did.
  #live() {
    if (!this.#isOpen) return false;
    this.#phase = 'live';
    this.#emitter.emit('live', { offset: this.#follower.offset });
    return this.#gapAt === undefined || this.#gapAt !== this.#follower.offset;
  }

  #take(frame) {
    if (!this.#isOpen) return; // of a following that was given up
    if (!this.#follower.advance(frame)) return this.#gap();
    if (frame.type === 'session.position') return;
    this.#turns.event(frame);
    this.#emitter.emit('event', frame);
    for (const queue of this.#queues) queue.push(frame);
  }

  // Something before this frame is missing: follow again from the last offset that is whole. The
  // same gap a second time is the connection's fault, or the server's, and met ever less often.
  #gap() {
    const { offset } = this.#follower;
    if (this.#gapAt === offset) return this.#port.drop('gap');
    this.#gapAt = offset;
    this.#onTheWire.clear();
    this.#port.rejoin(this);
  }

  #accepted(frame) {
    const { id, offset, duplicate } = frame;
    if (!this.#outbox.remove(id)) return;
    this.#settled(id);
    this.#promises.get(id)?.resolve({ offset, duplicate });
    this.#promises.delete(id);
    const entry = this.#turns.accepted(id, { offset, duplicate });
    this.#emitter.emit('accepted', { id, offset, duplicate });
    if (entry?.driver.cancelled()) this.cancel(offset);
    this.#flush();
  }

  #refused(frame) {
    const error = errorOf(frame);
    const page = this.#pages.get(frame.id);
    if (page) {
      this.#pages.delete(frame.id);
      page.waiting.reject(error);
    } else if (isSentAgain(error.code)) {
      this.#pause(frame.id, error.retryAfterMs ?? 0);
    } else {
      this.#drop(frame.id, error);
    }
  }

  #page(frame) {
    const page = this.#pages.get(frame.id);
    this.#pages.delete(frame.id);
    page.waiting.resolve({ events: frame.events, more: frame.more });
  }

  #offline() {
    if (this.#phase === 'left') return;
    this.#phase = 'offline';
    this.#onTheWire.clear();
    for (const timer of this.#pauses.values()) this.#port.clearTimeout(timer);
    this.#pauses.clear();
  }

  #resend(afterMs) {
    for (const id of this.#onTheWire) this.#pause(id, afterMs);
  }

  #end(error) {
    if (this.#phase === 'left') return;
    this.#offline();
    this.#phase = 'left';
    const told = error ?? new ChartroomError('closed', 'the session was left');
    this.#ready.reject(told);
    this.#turns.end(told);
    for (const { reject } of this.#promises.values()) reject(told);
    for (const { waiting } of this.#pages.values()) waiting.reject(told);
    this.#promises.clear();
    this.#pages.clear();
    for (const queue of [...this.#queues]) queue.end(error);
    this.#emitter.emit('left', { error });
  }

  // ---- messages --------------------------------------------------------------------------------

  #post(id, type, data, signal) {
    signal?.throwIfAborted();
    if (this.#phase === 'left') throw new ChartroomError('closed', 'the session was left');
    if (typeof type !== 'string' || type === '') throw new TypeError('type must be a string');
    if (data === null || typeof data !== 'object' || Array.isArray(data)) throw new TypeError('data must be an object');
    const { offset: since, epoch } = this.#follower;
    this.#outbox.add({ id, type, data, at: this.#port.now(), n: this.#port.count(), since, epoch });
  }

  #checkRoom() {
    const { queueMax } = this.#port;
    if (this.#turns.size < queueMax) return;
    throw new ChartroomError('outbox_full', `${queueMax} answers are awaited already`);
  }

  #flush() {
    if (!this.#isOpen) return;
    for (const message of this.#outbox.list()) {
      if (this.#onTheWire.size >= kUnansweredMax) return;
      if (this.#onTheWire.has(message.id) || this.#pauses.has(message.id)) continue;
      this.#transmit(message);
    }
  }

  // The server looks for a first copy of the message after `since`. That is what was known when it was
  // written, not when it was sent: another tab with the same outbox may have sent it in between. A
  // repeat says it again, with its epoch when that has become another; all of it is stored before the
  // message leaves.
  #transmit(message) {
    if (!message.sent) {
      message.sent = true;
      message.participant = this.#port.participant();
      if (message.since === undefined) {
        message.since = this.#follower.offset;
        message.epoch = this.#follower.epoch;
      }
      this.#outbox.keep(message);
    }
    const { id, type, data, since, epoch } = message;
    const frame = { type, id, since, session: this.name, data };
    if (epoch !== undefined && epoch !== this.#follower.serverEpoch) frame.epoch = epoch;
    const error = this.#port.tooLong(frame);
    if (error) return this.#drop(id, error);
    this.#onTheWire.add(id);
    this.#port.send(frame);
  }

  #pause(id, afterMs) {
    if (!this.#outbox.get(id)) return;
    const tries = (this.#tries.get(id) ?? 0) + 1;
    this.#tries.set(id, tries);
    this.#onTheWire.delete(id);
    this.#port.clearTimeout(this.#pauses.get(id));
    this.#pauses.set(id, this.#port.setTimeout(() => {
      this.#pauses.delete(id);
      this.#flush();
    }, afterMs + backoffMs(tries - 1, this.#port.random)));
  }

  // A message that will not be done.
  #drop(id, error) {
    if (!this.#outbox.remove(id)) return;
    this.#settled(id);
    this.#promises.get(id)?.reject(error);
    this.#promises.delete(id);
    this.#turns.refused(id, error);
    this.#emitter.emit('refused', { id, error });
    this.#flush();
  }

  #settled(id) {
    this.#onTheWire.delete(id);
    this.#tries.delete(id);
    this.#port.clearTimeout(this.#pauses.get(id));
    this.#pauses.delete(id);
  }

  // Before it is sent a question is simply taken back; once it is on its way it is seen through to
  // its acceptance, which tells what there is to cancel.
  #cancelAnswer(answer) {
    if (answer.cause !== undefined) this.cancel(answer.cause);
    else this.withdraw(answer.id);
  }

  #sendCancels() {
    if (!this.#isOpen) return;
    for (const cause of this.#cancels) {
      this.#port.send({ type: 'cancel', session: this.name, cause, id: this.#port.newId() });
    }
    this.#cancels.clear();
  }

  #askPage(id) {
    const { before, after, limit } = this.#pages.get(id).asked;
    const frame = { type: 'session.history', session: this.name, id };
    Object.assign(frame, before === undefined ? {} : { before }, after === undefined ? {} : { after },
                  limit === undefined ? {} : { limit });
    this.#port.send(frame);
  }
}

// Listens to a signal that has not fired, until `settled` is.
function onAbort(signal, settled, abort) {
  if (!signal) return;
  signal.addEventListener('abort', abort, { once: true });
  settled.catch(() => {}).finally(() => signal.removeEventListener('abort', abort));
}

// The client's side of a session.
export { wireOf };

// The messages of one session that the server has not answered for yet, oldest first, in memory and
// in a store that may outlive the page. It sends nothing itself.
import { ChartroomError } from './errors.js';

export class Outbox {
  #messages = new Map(); #store; #session; #max; #report;

  // store: see OutboxStore in the types. report(error): a store that fails costs the memory of the
  // next page, not the message.
  constructor(store, session, max, report) {
    this.#store = store;
    this.#session = session;
    this.#max = max;
    this.#report = report;
    for (const message of this.#try(() => store.load(session)) ?? []) this.#messages.set(message.id, message);
  }

  get size() { return this.#messages.size; }
  list() { return [...this.#messages.values()]; }
  get(id) { return this.#messages.get(id); }

  // {id, type, data, at}; throws outbox_full at the bound.
  add(message) {
    if (this.#messages.size >= this.#max) {
      throw new ChartroomError('outbox_full', `${this.#max} messages wait to be sent already`);
    }
    if (this.#messages.has(message.id)) {
      throw new ChartroomError('id_reused', `a message with the id ${message.id} waits already`, { field: 'id' });
    }
    this.keep(message);
  }

  // Stores a message as it is now.
  keep(message) {
    this.#messages.set(message.id, message);
    this.#try(() => this.#store.put(this.#session, message));
  }

  remove(id) {
    const message = this.#messages.get(id);
    if (!message) return undefined;
    this.#messages.delete(id);
    this.#try(() => this.#store.remove(this.#session, id));
    return message;
  }

  // The session was opened, under this name and for this participant. What another one sent first is
  // another tab's: under another name the server would do it again.
  adopt(session, participant) {
    for (const { id, participant: sender } of this.list()) {
      if (sender !== undefined && sender !== participant) this.#messages.delete(id);
    }
    if (session === this.#session) return;
    for (const id of this.#messages.keys()) this.#try(() => this.#store.remove(this.#session, id));
    this.#session = session;
    for (const message of this.#messages.values()) this.keep(message);
  }

  #try(action) {
    try {
      return action();
    } catch (cause) {
      this.#report(new ChartroomError('storage_failed', 'messages that wait are not kept for a later page', { cause }));
      return undefined;
    }
  }
}

export function memoryOutbox() {
  return { load: () => [], put() {}, remove() {} };
}

// Messages in Web Storage, one key each, so that two tabs never overwrite each other's. Names of
// sessions hold dots, but no slash.
export function webOutbox(storage, prefix = 'chartroom.outbox') {
  const folder = (session) => `${prefix}/${session}/`;
  return {
    load(session) {
      const messages = [];
      for (let n = 0; n < storage.length; ++n) {
        const key = storage.key(n);
        if (key.startsWith(folder(session))) messages.push(JSON.parse(storage.getItem(key)));
      }
      return messages.sort((a, b) => a.at - b.at || a.n - b.n);
    },
    put: (session, message) => storage.setItem(folder(session) + message.id, JSON.stringify(message)),
    remove: (session, id) => storage.removeItem(folder(session) + id),
  };
}

// localStorage where there is one that may be used.
export function defaultOutbox() {
  try {
    if (globalThis.localStorage) return webOutbox(globalThis.localStorage);
  } catch { /* a browser that allows no storage still chats */ }
  return memoryOutbox();
}

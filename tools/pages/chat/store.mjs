// What outlives the page: per session a snapshot (cursor and conversation, consistent with each
// other) and an outbox, in localStorage, which the tabs of a browser share. A browser that allows
// no storage still chats; it then only forgets.

const kPrefix = 'chartroom.';

function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise; // storage is off, full, or holds something else
  }
}

function read(key) {
  return attempt(() => JSON.parse(localStorage.getItem(kPrefix + key)), null);
}

function write(key, value) {
  attempt(() => localStorage.setItem(kPrefix + key, JSON.stringify(value)));
}

function erase(key) {
  attempt(() => localStorage.removeItem(kPrefix + key));
}

// The session that this tab shows: its own before a reload, else the browser's newest.
export function current_session() {
  return attempt(() => sessionStorage.getItem(`${kPrefix}tab`), null) ?? read('newest');
}

export function set_current_session(session) {
  attempt(() => sessionStorage.setItem(`${kPrefix}tab`, session ?? ''));
  if (session) write('newest', session);
}

// {cursor, conversation} or null.
export function load_snapshot(session) {
  const snapshot = session ? read(`session.${session}`) : null;
  return snapshot?.cursor?.session === session ? snapshot : null;
}

export function save_snapshot(snapshot) {
  if (snapshot.cursor.session) write(`session.${snapshot.cursor.session}`, snapshot);
}

// The messages of one session that were not accepted yet, oldest first. One key a message, so that
// two tabs never overwrite each other. Before a new session has its name they wait in memory only;
// `adopt` stores them.
export class Outbox {
  #messages = new Map();
  #session = null;

  constructor(session) {
    if (session) this.adopt(session);
  }

  adopt(session) {
    if (this.#session === session) return;
    this.#session = session;
    attempt(() => {
      const prefix = `${kPrefix}outbox.${session}.`;
      const found = Object.keys(localStorage).filter((key) => key.startsWith(prefix))
        .map((key) => JSON.parse(localStorage.getItem(key)))
        .sort((a, b) => a.at - b.at);
      for (const message of found) this.#messages.set(message.id, message);
    });
    for (const message of this.#messages.values()) this.#persist(message);
  }

  list() { return [...this.#messages.values()]; }

  put(message) {
    message.at ??= Date.now();
    this.#messages.set(message.id, message);
    this.#persist(message);
  }

  remove(id) {
    this.#messages.delete(id);
    if (this.#session) erase(`outbox.${this.#session}.${id}`);
  }

  #persist(message) {
    if (this.#session) write(`outbox.${this.#session}.${message.id}`, message);
  }
}

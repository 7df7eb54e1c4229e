// What outlives the page, in localStorage, which the tabs of a browser share: the list of
// conversations, and for each a snapshot (cursor and conversation, consistent with each other). A
// browser that allows no storage still chats; it then only forgets. The outbox is the client library's.

const kPrefix = 'chartroom.';
const kListed = `${kPrefix}list.`;

function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise; // storage is off, full, or holds something else
  }
}

function read(key) {
  return attempt(() => JSON.parse(localStorage.getItem(key)), null);
}

function write(key, value) {
  return attempt(() => { localStorage.setItem(key, JSON.stringify(value)); return true; }, false);
}

function erase(key) {
  attempt(() => localStorage.removeItem(key));
}

// The session that this tab shows: its own before a reload, else the browser's newest.
export function currentSession() {
  return attempt(() => sessionStorage.getItem(`${kPrefix}tab`), null) || read(`${kPrefix}newest`);
}

export function setCurrentSession(session) {
  attempt(() => sessionStorage.setItem(`${kPrefix}tab`, session));
  write(`${kPrefix}newest`, session);
}

// {cursor, conversation, dismissed} or null.
export function loadSnapshot(session) {
  const snapshot = read(`${kPrefix}session.${session}`);
  return snapshot?.cursor?.session === session ? snapshot : null;
}

// When the storage is full the oldest other snapshots go; what they showed is read again from the log.
export function saveSnapshot(snapshot) {
  const { session } = snapshot.cursor;
  if (write(`${kPrefix}session.${session}`, snapshot)) return;
  for (const { session: old } of listed().toReversed()) {
    if (old === session) continue;
    erase(`${kPrefix}session.${old}`);
    if (write(`${kPrefix}session.${session}`, snapshot)) return;
  }
}

// ---- the list: one key a conversation, so that two tabs never overwrite each other ---------------

let entries = null; // of the list, until it changes here or in another tab
addEventListener('storage', ({ key }) => { if (key === null || key.startsWith(kListed)) entries = null; });

// [{session, title, at}], the newest first; the same array until something has changed.
export function listed() {
  return entries ??= attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(kListed))
    .map(read).filter(Boolean).sort((a, b) => b.at - a.at), []);
}

export function list(entry) {
  write(kListed + entry.session, entry);
  entries = null;
}

// Takes a conversation off the list; returns what puts it back.
export function unlist(session) {
  const keys = [kListed + session, `${kPrefix}session.${session}`];
  const kept = keys.map((key) => [key, read(key)]);
  keys.forEach(erase);
  entries = null;
  return () => {
    for (const [key, value] of kept) if (value) write(key, value);
    entries = null;
  };
}

export function onListChange(run) {
  addEventListener('storage', ({ key }) => { if (key === null || key.startsWith(kListed)) run(); });
}

// ---- who this browser is to the server, where it is nobody in particular ------------------------

// {key, name}: the key of its participant, and the name under which the log knows that one.
const kWho = `${kPrefix}participant`;

export function participant() {
  return read(kWho) ?? {};
}

export function keepParticipant(key) {
  if (key !== undefined && key !== participant().key) write(kWho, { key });
}

export function keepOwnName(name) {
  const who = participant();
  if (who.key !== undefined && who.name !== name) write(kWho, { ...who, name });
}

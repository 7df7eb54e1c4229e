// Puts the page together: the session that this tab shows, its connection, what is kept of it, and
// the view. A tab shows one session; another one begins with a new page state, not a second object
// graph, so "new conversation" reloads.

import { Connection } from './connection.mjs';
import { Conversation } from './conversation.mjs';
import { Outbox, current_session, load_snapshot, save_snapshot, set_current_session } from './store.mjs';
import { View } from './view.mjs';

const kSaveEveryMs = 500;
const kTypingEveryMs = 3_000;   // repeats while a person types; the server forgets after 6 s
const kTypingIdleMs = 4_000;
const kAcknowledgeEveryMs = 1_000;

// A link to a conversation carries its name behind the '#', which browsers send to nobody.
function session_from_link() {
  const name = new URLSearchParams(location.hash.slice(1)).get('session');
  if (name) history.replaceState(null, '', location.pathname);
  return name;
}

const session = session_from_link() || current_session() || null;
if (session) set_current_session(session);
const saved = load_snapshot(session);
const cursor = saved?.cursor ?? { session: session ?? undefined };
const outbox = new Outbox(session);
const conversation = new Conversation((item) => view.touch(item), saved?.conversation);
let dismissed = saved?.dismissed ?? 0;

const view = new View(conversation, {
  send, share, typing,
  stop: () => connection.cancel(conversation.open_turns().at(-1)),
  fresh: () => { set_current_session(null); location.reload(); },
  retry: () => connection.open(),
  again: (id) => { view.text = conversation.withdraw(id) ?? ''; view.focus(); },
  dismissed: (offset) => { dismissed = offset; save(); },
  shown: () => acknowledge(),
});
view.dismissed = dismissed;

const connection = new Connection({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/session`,
  cursor, outbox,
  on: {
    state: on_state,
    opened: (frame) => { set_current_session(frame.session); outbox.adopt(frame.session); save_soon(); },
    reset: on_reset,
    event: (frame) => { conversation.apply(frame); save_soon(); },
    accepted: ({ id, offset }) => { conversation.accepted(id, offset); save_soon(); },
    refused: ({ id, message, code }) => conversation.refused(id, message ?? code),
    error: ({ message, code }) => view.notice(message ?? code, { for_ms: 8_000 }),
  },
});

function send(text) {
  const id = connection.post('chat', { content: text });
  if (id === null) {
    view.notice('Too many messages wait for the server. Please wait a moment.', { for_ms: 6_000 });
    return false;
  }
  typing(false);
  conversation.said(id, text);
  return true;
}

async function share() {
  const link = `${location.origin}/chat#session=${encodeURIComponent(cursor.session ?? '')}`;
  try {
    await navigator.clipboard.writeText(link);
    view.notice('Link copied. Whoever has it can read this conversation and write in it.', { for_ms: 6_000 });
  } catch {
    view.notice(link);
  }
}

function on_state({ phase, again, retry_ms, attempt, code, text }) {
  const retry = { label: 'Try now', run: () => connection.open() };
  view.live = phase === 'live';
  if (phase === 'live') {
    view.link('live', 'Connected');
    if (again) view.notice('Connected again. Nothing was lost.', { for_ms: 4_000 });
    else view.notice(null);
  } else if (phase === 'connecting') {
    view.link('connecting', 'Connecting');
  } else if (phase === 'waiting') {
    conversation.forget_typing();
    view.link('waiting', 'Offline');
    const why = code === 1012 ? 'The server restarts.' : 'The connection was lost.';
    const when = retry_ms < 1_000 ? 'in a moment' : `in ${Math.round(retry_ms / 1_000)} s`;
    if (attempt > 0) view.notice(`${why} Trying again ${when}; what you write is kept.`, { action: retry });
  } else {
    view.link('closed', 'Closed');
    view.notice(text, { action: code === 4009 ? { label: 'New conversation', run: view.acts.fresh } : retry });
  }
}

function on_reset({ reason }) {
  conversation.clear();
  view.dismissed = dismissed = 0;
  save_soon();
  const why = { epoch: 'The server’s log was replaced', ahead: 'The server’s log is older than this page',
                trimmed: 'Older parts were removed from the log', erased: 'Parts were erased' };
  view.notice(`${why[reason] ?? 'The log has changed'}: the conversation was loaded anew.`, { for_ms: 8_000 });
}

let save_timer = null;
function save() {
  clearTimeout(save_timer);
  save_timer = null;
  save_snapshot({ cursor: connection.cursor, conversation: conversation.toJSON(), dismissed });
}
function save_soon() {
  save_timer ??= setTimeout(save, kSaveEveryMs);
}

let acknowledged = 0;
let acknowledge_timer = null;
function acknowledge() {
  acknowledge_timer ??= setTimeout(() => {
    acknowledge_timer = null;
    if (document.visibilityState !== 'visible' || !(cursor.offset > acknowledged)) return;
    acknowledged = cursor.offset;
    connection.acknowledge(acknowledged);
  }, kAcknowledgeEveryMs);
}

let typing_said_at = 0; // 0: the others were told that nobody types here
let typing_timer = null;
function typing(is_typing) {
  clearTimeout(typing_timer);
  if (!is_typing) {
    if (typing_said_at) connection.whisper('typing', { is_typing: false });
    typing_said_at = 0;
    return;
  }
  typing_timer = setTimeout(() => typing(false), kTypingIdleMs);
  if (Date.now() - typing_said_at < kTypingEveryMs) return;
  typing_said_at = Date.now();
  connection.whisper('typing', { is_typing: true });
}

function leave() {
  save();
  connection.close();
}

for (const message of outbox.list()) conversation.said(message.id, message.data.content);
addEventListener('pagehide', leave);
addEventListener('pageshow', (event) => { if (event.persisted) connection.open(); });
addEventListener('online', () => connection.probe());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') save();
  else { view.touch(null); connection.probe(); }
});
view.touch(null);
view.focus();
connection.open();

// Puts the page together: the client, the conversations that this tab follows, and the view.
import { Client } from '/client/index.js';
import { FormView } from './form_view.mjs';
import { Room } from './room.mjs';
import { currentSession, keepParticipant, listed, onListChange, participant, setCurrentSession, unlist } from './store.mjs';
import { View } from './view.mjs';

const kRoomsMax = 8; // followed at once; those not looked at for longest are left
const kQuietMs = 4_000;
const kBlipMs = 700; // a loss that is mended sooner is not worth a word
const kResets = {
  epoch: 'The server’s log was replaced', ahead: 'The server’s log is older than this page',
  trimmed: 'Older parts were removed from the log', erased: 'Parts were erased',
};

const client = new Client({ url: '/v1/session', participant: participant().key, info: { name: 'chartroom-page' } });
const rooms = new Map(); // by session, the one looked at last at the end
let shown = null;
let isFresh = true; // nothing was live on this page yet
let lossTimer = null;
let lossShown = false;
let lossReason = null; // why it began; the attempts that fail after it say less

const view = new View({
  send, share,
  stop: () => shown.stop(),
  fresh: () => { if (shown.conversation.items.length + shown.conversation.pending.length > 0) show(enter()); },
  choose: (session) => show(enter(session)),
  remove,
  again: (id) => { view.text = shown.conversation.withdraw(id) ?? ''; view.focus(); },
  typing: (isTyping) => shown.typing(isTyping),
  dismissed: () => shown.dismiss(),
  shown: () => { if (document.visibilityState === 'visible') shown.seen(); },
  entries: () => listed(),
  stateOf: (session) => {
    const room = rooms.get(session);
    if (!room || room === shown) return '';
    return room.busy ? 'busy' : room.unread ? 'unread' : '';
  },
});

// The room of a session, a new one without a name.
function enter(name) {
  const known = rooms.get(name);
  if (known) return known;
  const room = new Room(client, name, {
    changed: (one, item) => { if (shown) view.touch(one, item); },
    reset: (one, reason) => {
      if (one === shown) view.notice(`${kResets[reason] ?? 'The log has changed'}: the conversation was loaded anew.`, { forMs: 8_000 });
    },
    left: onLeft,
  });
  rooms.set(room.name, room);
  room.session.on('live', () => { if (room === shown) { view.caughtUp(); onLive(room); } });
  room.session.on('opened', () => onOpened(room));
  for (const [session, old] of rooms) {
    if (rooms.size <= kRoomsMax) break;
    if (old === shown || old === room || old.busy) continue;
    old.leave();
    rooms.delete(session);
  }
  return room;
}

// The server may call a session otherwise than the link to it did.
function onOpened(room) {
  for (const [name, one] of rooms) if (one === room && name !== room.name) rooms.delete(name);
  rooms.set(room.name, room);
  if (room === shown) setCurrentSession(room.name);
}

function show(room) {
  shown?.typing(false);
  shown = room;
  rooms.delete(room.name);
  rooms.set(room.name, room);
  room.unread = false;
  setCurrentSession(room.name);
  view.show(room);
  view.focus();
}

function send(text) { return wasTaken(shown.say(text)); }

new FormView((request) => {
  view.toLatest();
  return wasTaken(shown.ask(request));
});

function wasTaken(taken) {
  if (taken) return true;
  view.notice('Too many messages wait for the server. Please wait a moment.', { forMs: 6_000 });
  return false;
}

async function share() {
  const link = `${location.origin}/chat#session=${encodeURIComponent(shown.name)}`;
  try {
    await navigator.clipboard.writeText(link);
    view.notice('Link copied. Whoever has it can read this conversation and write in it.', { forMs: 6_000 });
  } catch {
    view.notice(link);
  }
}

function remove(session) {
  rooms.get(session)?.leave();
  rooms.delete(session);
  const restore = unlist(session);
  const undo = () => { restore(); view.notice(null); view.touch(null, null); };
  view.notice('Removed from this list. Whoever has its link can still read it.',
              { action: { label: 'Undo', run: undo }, forMs: 8_000 });
  if (shown.name === session) show(enter(listed()[0]?.session));
  else view.touch(null, null);
}

// ---- the connection, in quiet words --------------------------------------------------------------

function onLive({ wasKept, missed }) {
  clearTimeout(lossTimer);
  lossTimer = null;
  view.link('live', 'Connected');
  if (lossShown) view.notice('Connected again. Nothing was lost.', { forMs: kQuietMs });
  else if (isFresh && wasKept && missed > 0) view.notice('Picked up where it was.', { forMs: kQuietMs });
  lossShown = false;
  lossReason = null;
  isFresh = false;
}

function onLost(error, retryInMs) {
  lossReason ??= error.code === 'restarting' ? 'The server restarts.' : 'The connection was lost.';
  const when = retryInMs < 1_000 ? 'in a moment' : `in ${Math.round(retryInMs / 1_000)} s`;
  const tell = () => {
    lossShown = true;
    view.link('waiting', 'Offline');
    view.notice(`${lossReason} Trying again ${when}; what you write is kept.`, { action: retry });
  };
  if (lossShown) tell();
  else lossTimer ??= setTimeout(tell, kBlipMs);
}

const retry = { label: 'Try now', run: () => client.connect() };
client.on('state', ({ phase, retryInMs, error }) => {
  if (phase === 'connecting' && lossShown) view.link('connecting', 'Connecting');
  else if (phase === 'online') keepParticipant(client.participant);
  else if (phase === 'waiting') onLost(error, retryInMs);
  else if (phase === 'stopped') {
    view.link('closed', 'Closed');
    view.notice(error.message, { action: retry });
  }
});
// Messages have errors of their own; what is left is typing that nobody listens to, or the like.
client.on('error', ({ code, message }) => {
  if (code !== 'storage_failed' && code !== 'unknown_type') view.notice(message, { forMs: 8_000 });
});

function onLeft(room, error) {
  rooms.delete(room.name);
  if (room !== shown) return;
  view.link('closed', 'Closed');
  const fresh = { label: 'New conversation', run: () => { view.notice(null); show(enter()); } };
  view.notice(`This conversation cannot be opened: ${error.message}.`, { action: fresh });
}

// ---- the page's life -------------------------------------------------------------------------------

// A link to a conversation carries its name behind the '#', which browsers send to nobody.
function sessionFromLink() {
  const name = new URLSearchParams(location.hash.slice(1)).get('session');
  if (name) history.replaceState(null, '', location.pathname);
  return name;
}

addEventListener('hashchange', () => {
  const name = sessionFromLink();
  if (name) show(enter(name));
});
addEventListener('pagehide', () => {
  for (const room of rooms.values()) room.save();
  client.disconnect();
});
addEventListener('pageshow', (event) => { if (event.persisted) client.connect(); });
addEventListener('online', () => client.wake());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') {
    for (const room of rooms.values()) room.save();
  } else {
    view.touch(null, null);
    client.wake();
  }
});
onListChange(() => view.touch(null, null));

show(enter(sessionFromLink() ?? currentSession() ?? undefined));

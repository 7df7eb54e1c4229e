// The page's protocol code under Node, against a scripted socket and a hand-turned clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection, backoff_ms } from '../../tools/pages/chat/connection.mjs';

class ScriptedSocket {
  readyState = 0;
  sent = [];
  constructor(url) { this.url = url; }
  open() { this.readyState = 1; this.onopen(); }
  send(text) { this.sent.push(JSON.parse(text)); }
  say(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
  close() { this.readyState = 3; }
  break(code = 1006) { this.readyState = 3; this.onclose({ code, reason: '' }); }
  take() { return this.sent.splice(0); }
}

function outbox() {
  const messages = new Map();
  return {
    list: () => [...messages.values()],
    put: (message) => messages.set(message.id, message),
    remove: (id) => messages.delete(id),
  };
}

function world(cursor = {}) {
  const seen = [];
  const sockets = [];
  const timers = [];
  const on = Object.fromEntries(['state', 'opened', 'reset', 'event', 'accepted', 'refused', 'error']
    .map((name) => [name, (value) => seen.push([name, value])]));
  const connection = new Connection({
    url: 'ws://test', cursor, outbox: outbox(), on, random: () => 0.5,
    socket: (url) => { sockets.push(new ScriptedSocket(url)); return sockets.at(-1); },
    set_timeout: (run, ms) => { timers.push({ run, ms }); return timers.at(-1); },
    clear_timeout: (timer) => { const at = timers.indexOf(timer); if (at >= 0) timers.splice(at, 1); },
  });
  const names = (name) => seen.filter(([kind]) => kind === name).map(([, value]) => value);
  return { connection, sockets, timers, names, fire: () => timers.shift().run() };
}

const kOpened = { type: 'session.opened', session: 's', epoch: 'e1', head: 0, participant: 'k' };

function opened(cursor, answer = kOpened) {
  const w = world(cursor);
  w.connection.open();
  w.sockets[0].open();
  w.opening = w.sockets[0].take()[0];
  w.sockets[0].say(answer);
  return w;
}

test('a first visit asks for a new session and keeps what it is given', () => {
  const w = opened();
  assert.deepEqual(w.opening, { type: 'session.open', client: { name: 'chartroom-page' } });
  assert.deepEqual(w.connection.cursor, { session: 's', epoch: 'e1', participant: 'k', offset: 0 });
});

test('a return resumes after the last offset with epoch and participant', () => {
  const w = opened({ session: 's', epoch: 'e1', offset: 7, participant: 'k' }, { ...kOpened, head: 9, resumed: true });
  const { session, after, epoch, participant } = w.opening;
  assert.deepEqual([session, after, epoch, participant], ['s', 7, 'e1', 'k']);
  w.sockets[0].say({ type: 'token', session: 's', offset: 9, prev: 7, data: {} });
  assert.equal(w.names('event').length, 1);
  assert.equal(w.connection.cursor.offset, 9);
});

test('a session known by its name alone is read from its beginning', () => {
  const w = opened({ session: 's' }, { ...kOpened, head: 9, resumed: true });
  assert.deepEqual([w.opening.session, w.opening.after], ['s', 0]);
  w.sockets[0].say({ type: 'token', session: 's', offset: 2, prev: 0, data: {} });
  assert.deepEqual(w.names('event').map((e) => e.offset), [2]);
});

test('a message goes out again under the same id and since until it is accepted', () => {
  const w = opened();
  const id = w.connection.post('chat', { content: 'hello' });
  const [first] = w.sockets[0].take();
  assert.deepEqual([first.id, first.since, first.epoch], [id, 0, undefined]);
  w.sockets[0].say({ type: 'echo', session: 's', offset: 2, prev: 0, data: {} });
  w.sockets[0].break();
  w.fire();
  w.sockets[1].open();
  w.sockets[1].take();
  w.sockets[1].say({ ...kOpened, head: 2, resumed: true });
  assert.deepEqual(w.sockets[1].take(), [first]);
  w.sockets[1].say({ type: 'accepted', id, session: 's', offset: 3, duplicate: true });
  w.sockets[1].break();
  w.fire();
  w.sockets[2].open();
  w.sockets[2].say({ ...kOpened, head: 3, resumed: true });
  assert.equal(w.sockets[2].take().length, 1, 'the opening only');
});

test('a resend into another epoch names the epoch of its since', () => {
  const w = opened();
  w.connection.post('chat', { content: 'hello' });
  w.sockets[0].break();
  w.fire();
  w.sockets[1].open();
  w.sockets[1].take();
  w.sockets[1].say({ ...kOpened, epoch: 'e2' });
  const [again] = w.sockets[1].take();
  assert.deepEqual([again.since, again.epoch], [0, 'e1']);
});

test('what is written offline is sent once there is a session', () => {
  const w = world();
  w.connection.post('chat', { content: 'early' });
  w.connection.open();
  w.sockets[0].open();
  assert.deepEqual(w.sockets[0].take().map((f) => f.type), ['session.open']);
  w.sockets[0].say({ ...kOpened, head: 4 });
  assert.deepEqual(w.sockets[0].take().map((f) => [f.type, f.since]), [['chat', 4]]);
});

test('a gap reopens after the last whole offset and shows nothing beyond it', () => {
  const w = opened();
  w.sockets[0].say({ type: 'token', session: 's', offset: 2, prev: 0, data: {} });
  w.sockets[0].say({ type: 'token', session: 's', offset: 6, prev: 4, data: {} });
  w.sockets[0].say({ type: 'token', session: 's', offset: 7, prev: 6, data: {} });
  assert.deepEqual(w.names('event').map((e) => e.offset), [2]);
  w.fire();
  w.sockets[1].open();
  assert.equal(w.sockets[1].take()[0].after, 2);
});

test('a position moves the cursor and is no event', () => {
  const w = opened();
  w.sockets[0].say({ type: 'session.position', session: 's', offset: 300, prev: 0 });
  w.sockets[0].say({ type: 'token', session: 's', offset: 301, prev: 300, data: {} });
  assert.deepEqual(w.names('event').map((e) => e.offset), [301]);
});

test('a reset drops the past and goes on from the first event that there is', () => {
  const w = opened({ session: 's', epoch: 'e0', offset: 50 }, { ...kOpened, head: 8, resumed: false });
  w.sockets[0].say({ type: 'session.reset', session: 's', reason: 'epoch', epoch: 'e1', first: 1, head: 8 });
  w.sockets[0].say({ type: 'token', session: 's', offset: 2, prev: 0, data: {} });
  assert.equal(w.names('reset').length, 1);
  assert.deepEqual([w.connection.cursor.epoch, w.connection.cursor.offset], ['e1', 2]);
});

test('busy is tried again later, id_reused never', () => {
  const w = opened();
  const busy = w.connection.post('chat', { content: 'a' });
  const reused = w.connection.post('chat', { content: 'b' });
  w.sockets[0].take();
  w.sockets[0].say({ type: 'error', code: 'busy', id: busy, retry_after_ms: 300 });
  w.sockets[0].say({ type: 'error', code: 'id_reused', id: reused });
  assert.ok(w.timers[0].ms >= 300);
  w.fire();
  assert.deepEqual(w.sockets[0].take().map((f) => f.id), [busy]);
  assert.deepEqual(w.names('refused').map((f) => f.id), [reused]);
});

test('a server that stays silent after a ping is left for a new connection', () => {
  const w = opened();
  w.connection.probe();
  assert.deepEqual(w.sockets[0].take(), [{ type: 'ping' }]);
  w.sockets[0].say({ type: 'pong' });
  assert.equal(w.timers.length, 0);
  w.connection.probe();
  w.fire();
  assert.equal(w.names('state').at(-1).phase, 'waiting');
  w.fire();
  assert.equal(w.sockets.length, 2);
});

test('a refusal of the session ends the attempts, a restart does not', () => {
  const w = opened();
  w.sockets[0].break(1012);
  assert.equal(w.timers.length, 1);
  w.fire();
  w.sockets[1].open();
  w.sockets[1].break(4003);
  assert.equal(w.timers.length, 0);
  assert.equal(w.names('state').at(-1).phase, 'closed');
});

test('waits spread over the whole step and are bounded', () => {
  assert.equal(backoff_ms(0, () => 0), 0);
  assert.equal(backoff_ms(3, () => 0.5), 2_000);
  assert.equal(backoff_ms(50, () => 0.999999), 29_999);
});

// The client's connection: opening, resuming, coming back, tokens, silence.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backoffMs } from '../../../sdk/js/src/backoff.js';
import { Client, ChartroomError } from '../../../sdk/js/src/index.js';
import { event, heard, kOpened, opened, reopen, settled, world } from './world.mjs';

test('a new session goes by a name of 122 random bits that the client makes', () => {
  const w = world();
  const session = w.client.session();
  w.socket.open();
  const [opening] = w.socket.take();
  assert.match(opening.session, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual({ ...opening, session: '' }, { type: 'session.open', session: '', after: 0 });
  assert.equal(session.name, opening.session);
  assert.deepEqual(w.socket.protocols, ['chartroom.v1']);
});

test('a session that is known by its name alone is followed from now on', () => {
  const w = opened('s', { ...kOpened, head: 9 });
  assert.deepEqual(w.opening, { type: 'session.open', session: 's' });
  assert.deepEqual(w.session.cursor, { session: 's', epoch: 'e1', offset: 9, participant: 'k' });
});

test('a return resumes after the last offset with epoch and participant', () => {
  const w = opened({ session: 's', epoch: 'e1', offset: 7, participant: 'k' }, { ...kOpened, head: 9 });
  assert.deepEqual(w.opening, { type: 'session.open', session: 's', after: 7, epoch: 'e1', participant: 'k' });
  w.socket.say(event(9, 7));
  assert.deepEqual(w.names('event').map(({ offset }) => offset), [9]);
  w.socket.break();
  assert.equal(reopen(w).after, 9);
});

test('a session that the server calls otherwise is resumed by that name', () => {
  const w = opened('support', { ...kOpened, session: 'uuid', asked: 'support', head: 3 });
  assert.equal(w.session.name, 'uuid');
  w.socket.break();
  assert.equal(reopen(w).session, 'uuid');
  assert.equal(w.client.session('support'), w.session);
});

test('waits spread over the whole step and are bounded', () => {
  assert.equal(backoffMs(0, () => 0), 0);
  assert.equal(backoffMs(3, () => 0.5), 2_000);
  assert.equal(backoffMs(5_000, () => 0.999999), 29_999);
});

test('each failure makes the next wait longer until a session is live again', () => {
  const w = opened();
  const waits = [];
  for (let n = 0; n < 3; ++n) {
    w.socket.break();
    waits.push(w.states.at(-1).retryInMs);
    w.clock.advance(waits.at(-1));
  }
  assert.deepEqual(waits, [250, 500, 1_000]);
  w.socket.open();
  w.socket.say(kOpened, { type: 'session.live', session: 's', offset: 0 });
  w.socket.break();
  assert.equal(w.states.at(-1).retryInMs, 250);
});

test('connect() hurries a planned attempt', () => {
  const w = opened();
  w.socket.break();
  w.client.connect();
  assert.equal(w.sockets.length, 2);
  w.clock.advance(1_000);
  assert.equal(w.sockets.length, 2);
});

test('a server that never answers is left for another attempt', () => {
  const w = world({ connectTimeoutMs: 2_000 });
  w.client.session('s');
  w.clock.advance(2_000);
  assert.equal(w.client.phase, 'waiting');
  w.clock.advance(250);
  assert.equal(w.sockets.length, 2);
});

test('close codes say whether to come back', () => {
  const expected = { 1000: 'waiting', 1001: 'waiting', 1006: 'waiting', 1012: 'waiting', 4008: 'waiting', 4029: 'waiting',
                     4429: 'waiting', 1003: 'stopped', 1007: 'stopped', 1008: 'stopped', 1009: 'stopped', 4001: 'stopped',
                     4003: 'stopped', 4009: 'stopped' };
  for (const [code, phase] of Object.entries(expected)) {
    const w = opened();
    w.socket.break(Number(code));
    assert.equal(w.client.phase, phase, code);
    assert.equal(w.states.at(-1).error.closeCode, Number(code));
  }
  const w = opened();
  w.socket.break(4429);
  assert.ok(w.states.at(-1).retryInMs >= 2_000);
});

test('a session that is refused ends, the others go on', () => {
  const w = opened();
  const other = w.client.session({ session: 'other', offset: 0 });
  w.socket.say({ type: 'error', code: 'erased', message: 'the session was erased', fatal: true });
  w.socket.break(4009);
  assert.equal(w.session.phase, 'left');
  assert.deepEqual(w.names('left').map(({ error }) => [error.code, error.message]), [['erased', 'the session was erased']]);
  assert.equal(reopen(w, null).session, 'other');
  assert.equal(other.phase, 'joining');
});

test('a join that is refused ends that session and no other', async () => {
  const w = opened();
  const other = w.client.session('conversation:9');
  w.socket.say({ type: 'error', code: 'forbidden', message: 'not there, or not yours', session: 'conversation:9', fatal: false });
  assert.equal(other.phase, 'left');
  await assert.rejects(other.ready, { code: 'forbidden' });
  assert.equal(w.client.phase, 'online');
});

test('several sessions share a connection and each has its own cursor', () => {
  const w = opened();
  const other = w.client.session({ session: 'b', epoch: 'e1', offset: 4 });
  const names = heard(other);
  assert.deepEqual(w.socket.take(), [{ type: 'session.join', session: 'b', after: 4, epoch: 'e1' }]);
  w.socket.say({ type: 'session.joined', session: 'b', epoch: 'e1', head: 6, resumed: true }, event(2, 0),
               { ...event(6, 4), session: 'b' });
  assert.deepEqual([w.session.cursor.offset, other.cursor.offset], [2, 6]);
  assert.equal(names('event').length, 1);
  w.socket.break();
  assert.equal(reopen(w).after, 2);
  assert.deepEqual(w.socket.take(), [{ type: 'session.join', session: 'b', after: 6, epoch: 'e1' }]);
});

test('one more session than a connection can carry is refused at once', () => {
  const w = opened();
  for (let n = 1; n < 63; ++n) w.client.session(`s-${n}`);
  assert.throws(() => w.client.session('one more'), { code: 'busy' });
  assert.equal(w.client.session('s-5').name, 's-5');
});

test('a session that is left is not heard any more, the first one neither', () => {
  const w = opened();
  const other = w.client.session('b');
  w.socket.say({ type: 'session.joined', session: 'b', epoch: 'e1', head: 0, resumed: true });
  w.socket.take();
  w.session.leave();
  assert.deepEqual(w.socket.take(), [], 'the server lets nobody leave what opened the connection');
  w.socket.say(event(2, 0));
  assert.equal(w.names('event').length, 0);
  other.leave();
  assert.equal(w.client.phase, 'idle');
  assert.equal(w.socket.closedWith, 1000);
});

test('a gap is followed again from the last offset that is whole, and shows nothing beyond it', () => {
  const w = opened();
  w.socket.say(event(2, 0), event(6, 4), event(7, 6));
  assert.deepEqual(w.names('event').map(({ offset }) => offset), [2]);
  assert.deepEqual(w.socket.take(), [{ type: 'session.join', session: 's', after: 2, epoch: 'e1' }]);
  w.socket.say({ type: 'session.live', session: 's', offset: 7 }); // of the following that was given up
  assert.equal(w.session.phase, 'joining');
  w.socket.say({ ...kOpened, type: 'session.joined', head: 7 }, event(4, 2), event(6, 4));
  assert.deepEqual(w.names('event').map(({ offset }) => offset), [2, 4, 6]);
});

test('the same gap again costs the connection, and ever more patience', () => {
  const w = opened();
  const gap = [event(2, 0), event(6, 4)];
  w.socket.say(...gap, { ...kOpened, type: 'session.joined' }, event(6, 4));
  assert.equal(w.states.at(-1).retryInMs, 250);
  reopen(w);
  w.socket.say({ type: 'session.live', session: 's', offset: 2 }, event(6, 4));
  assert.equal(w.states.at(-1).retryInMs, 500);
});

test('a position moves the cursor and is no event', () => {
  const w = opened();
  w.socket.say({ type: 'session.position', session: 's', offset: 300, prev: 0 }, event(301, 300));
  assert.deepEqual(w.names('event').map(({ offset }) => offset), [301]);
});

test('a reset is told before the events of the new past', async () => {
  const w = opened({ session: 's', epoch: 'e0', offset: 50 });
  const loop = w.session.events();
  w.socket.say({ type: 'session.reset', session: 's', reason: 'epoch', epoch: 'e1', first: 1, head: 8 }, event(2, 0));
  assert.deepEqual(w.names('reset'), [{ reason: 'epoch', epoch: 'e1', first: 1, head: 8 }]);
  assert.deepEqual(w.session.cursor, { session: 's', epoch: 'e1', offset: 2, participant: 'k' });
  assert.equal((await loop.next()).value.type, 'session.reset');
  assert.equal((await loop.next()).value.offset, 2);
});

test('a cut between an opening and its reset loses neither the reset nor a place in the log', () => {
  const w = opened({ session: 's', epoch: 'e0', offset: 50 }, { ...kOpened, head: 60, resumed: false });
  assert.deepEqual([w.session.cursor.epoch, w.session.cursor.offset], ['e0', 50]);
  w.session.send('chat', {});
  assert.deepEqual(w.socket.take().map(({ since, epoch }) => [since, epoch]), [[50, 'e0']]);
  w.socket.break();
  const again = reopen(w, { ...kOpened, head: 60, resumed: false });
  assert.deepEqual([again.after, again.epoch], [50, 'e0']);
  w.socket.say({ type: 'session.reset', session: 's', reason: 'epoch', epoch: 'e1', first: 1, head: 60 });
  assert.equal(w.names('reset').length, 1);
  w.socket.break();
  const after = reopen(w);
  assert.deepEqual([after.after, after.epoch], [0, 'e1']);
});

test('silence is probed, and a server that stays silent is left', () => {
  const w = opened();
  w.clock.advance(20_000);
  w.socket.say(event(1, 0));
  w.clock.advance(29_999);
  assert.deepEqual(w.socket.take(), []);
  w.clock.advance(1);
  assert.deepEqual(w.socket.take(), [{ type: 'ping' }]);
  w.socket.say({ type: 'pong' });
  w.clock.advance(5_000);
  assert.equal(w.client.phase, 'online');
  w.client.wake();
  w.clock.advance(5_000);
  assert.equal(w.client.phase, 'waiting');
});

test('wake() makes a new connection at once where there is none', () => {
  const w = opened();
  w.socket.break();
  w.client.wake();
  assert.equal(w.client.phase, 'connecting');
  w.client.disconnect();
  w.client.wake();
  assert.equal(w.client.phase, 'idle');
});

test('a token is asked for before each connection and when it expires', async () => {
  const reasons = [];
  const w = world({ token: async (reason) => { reasons.push(reason); return `t-${reasons.length}`; } });
  w.client.session('s');
  assert.equal(w.sockets.length, 0);
  await settled();
  w.socket.open();
  assert.equal(w.socket.take()[0].token, 't-1');
  w.socket.say(kOpened, { type: 'session.expiring', in_ms: 30_000 });
  await settled();
  assert.deepEqual(w.socket.take(), [{ type: 'session.refresh', token: 't-2' }]);
  assert.deepEqual(reasons, ['open', 'expiring']);
});

test('a token that is refused is asked for anew, once', async () => {
  const reasons = [];
  const w = world({ token: (reason) => { reasons.push(reason); return 'stale'; } });
  w.client.session('s');
  w.socket.open();
  w.socket.break(4001, 'Invalid token');
  assert.equal(w.client.phase, 'waiting');
  w.clock.advance(1_000);
  w.socket.open();
  w.socket.break(4001, 'Invalid token');
  assert.equal(w.client.phase, 'stopped');
  assert.equal(w.states.at(-1).error.code, 'unauthenticated');
  assert.deepEqual(reasons, ['open', 'refused']);
});

test('a token that cannot be had now is asked for later', async () => {
  let fails = true;
  const w = world({ token: () => (fails ? Promise.reject(new Error('offline')) : 't') });
  w.client.session('s');
  await settled();
  assert.match(w.states.at(-1).error.message, /offline/);
  fails = false;
  w.clock.advance(1_000);
  await settled();
  assert.equal(w.sockets.length, 1);
});

test('disconnect() keeps what is said for connect()', () => {
  const w = opened();
  w.client.disconnect();
  w.session.send('chat', { content: 'later' });
  w.clock.advance(60_000);
  assert.equal(w.sockets.length, 1);
  w.client.connect();
  w.socket.open();
  w.socket.say(kOpened);
  assert.deepEqual(w.socket.take().map(({ type }) => type), ['session.open', 'chat']);
});

test('close() ends everything with a clear error', async () => {
  const w = opened();
  const sent = w.session.send('chat', { content: 'x' });
  const loop = w.session.events();
  w.client.close();
  await assert.rejects(sent, { code: 'closed' });
  await assert.rejects(loop.next(), { code: 'closed' });
  assert.throws(() => w.client.session('t'), ChartroomError);
  assert.equal(w.clock.timers.length, 0);
});

test('frames that are no JSON objects cost the connection, not the page', () => {
  for (const text of ['{', 'null', '7']) {
    const w = opened();
    w.socket.onmessage({ data: text });
    assert.equal(w.client.phase, 'waiting', text);
  }
});

test('a listener that throws is reported and stops nobody else', (t) => {
  const w = opened();
  const thrown = [];
  let reached = 0;
  globalThis.reportError = (error) => thrown.push(error.message);
  t.after(() => { delete globalThis.reportError; });
  const off = w.session.on('event', () => { throw new Error('mine'); });
  w.session.on('event', () => { ++reached; });
  w.socket.say(event(1, 0));
  off();
  w.socket.say(event(2, 1));
  assert.deepEqual([thrown, reached], [['mine'], 2]);
});

test('what is missing is said at once', () => {
  assert.throws(() => new Client({ url: 'ws://x', WebSocket: null }), /give one.*"ws"/);
  assert.throws(() => new Client({ WebSocket: class {} }), /url is missing/);
  assert.throws(() => opened().session.on('event'), /no function/);
});

test('http addresses become ws addresses', () => {
  const w = world({ url: 'https://example.org/v1/session' });
  w.client.session('s');
  assert.equal(w.socket.url, 'wss://example.org/v1/session');
});

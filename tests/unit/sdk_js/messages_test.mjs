// What a client says: once, in order, across connections and pages; and what it hears back.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { memoryOutbox, webOutbox } from '../../../sdk/js/src/index.js';
import { event, heard, kOpened, opened, reopen, settled, world } from './world.mjs';

class FakeStorage {
  map = new Map();
  get length() { return this.map.size; }
  key(n) { return [...this.map.keys()][n]; }
  getItem(key) { return this.map.get(key) ?? null; }
  setItem(key, value) { this.map.set(key, value); }
  removeItem(key) { this.map.delete(key); }
}

test('a message goes out again under the same id and since until it is accepted', async () => {
  const w = opened();
  const sent = w.session.send('chat', { content: 'hello' });
  const [first] = w.socket.take();
  assert.deepEqual(first, { type: 'chat', id: sent.id, since: 0, session: 's', data: { content: 'hello' } });
  w.socket.say(event(2, 0));
  w.socket.break();
  reopen(w, { ...kOpened, head: 2 });
  assert.deepEqual(w.socket.take(), [first]);
  w.socket.say({ type: 'accepted', id: sent.id, session: 's', offset: 3, duplicate: true });
  assert.deepEqual(await sent, { offset: 3, duplicate: true });
  w.socket.break();
  reopen(w);
  assert.deepEqual(w.socket.take(), []);
  assert.deepEqual(w.names('accepted'), [{ id: sent.id, offset: 3, duplicate: true }]);
});

test('a resend into another epoch names the epoch of its since', () => {
  const w = opened();
  w.session.send('chat', {});
  w.socket.break();
  reopen(w, { ...kOpened, epoch: 'e2' });
  const [again] = w.socket.take();
  assert.deepEqual([again.since, again.epoch], [0, 'e1']);
});

test('what is written offline is sent in its order once there is a session, with what is known then', () => {
  const w = world();
  const session = w.client.session('s');
  session.send('chat', { n: 1 });
  session.send('chat', { n: 2 });
  w.socket.open();
  assert.deepEqual(w.socket.take().map(({ type }) => type), ['session.open']);
  w.socket.say({ ...kOpened, head: 4 });
  assert.deepEqual(w.socket.take().map(({ data, since }) => [data.n, since]), [[1, 4], [2, 4]]);
});

test('ids of two clients never meet', () => {
  const w = opened('s', kOpened, { randomBytes: undefined });
  const v = opened('s', kOpened, { randomBytes: undefined });
  assert.notEqual(w.session.send('chat').id, v.session.send('chat').id);
});

test('the outbox outlives the page, with since, epoch and participant', () => {
  const storage = new FakeStorage();
  const w = opened('s', { ...kOpened, head: 5 }, { outbox: webOutbox(storage) });
  const sent = w.session.send('chat', { content: 'kept' });
  w.socket.take();
  const v = opened({ session: 's', epoch: 'e2', offset: 9 }, { ...kOpened, epoch: 'e2', head: 9 }, { outbox: webOutbox(storage) });
  assert.equal(v.opening.participant, 'k');
  assert.deepEqual(v.session.pending.map(({ id, data }) => [id, data.content]), [[sent.id, 'kept']]);
  const [again] = v.socket.take();
  assert.deepEqual([again.id, again.since, again.epoch], [sent.id, 5, 'e1']);
  v.socket.say({ type: 'accepted', id: sent.id, session: 's', offset: 10, duplicate: false });
  assert.deepEqual(v.names('accepted').map(({ id }) => id), [sent.id]);
  assert.equal(storage.length, 0);
});

test('an outbox knows sessions with similar names apart', () => {
  const outbox = webOutbox(new FakeStorage());
  outbox.put('a.b', { id: '1', at: 1 });
  outbox.put('a', { id: '2', at: 1 });
  assert.deepEqual([outbox.load('a'), outbox.load('a.b')].map((list) => list.map(({ id }) => id)), [['2'], ['1']]);
});

test('a message that another tab may have sent meanwhile is looked for from where it was written', () => {
  const storage = new FakeStorage();
  const w = opened({ session: 's', epoch: 'e1', offset: 5 }, { ...kOpened, head: 5 }, { outbox: webOutbox(storage) });
  w.socket.break();
  for (let n = 0; n < 33; ++n) w.session.send('chat', { n });
  const v = opened({ session: 's', epoch: 'e1', offset: 3, participant: 'k' }, { ...kOpened, head: 5 }, { outbox: webOutbox(storage) });
  assert.deepEqual(new Set(v.socket.take().map(({ since }) => since)), new Set([5]));
  reopen(w, { ...kOpened, head: 70 });
  w.socket.say(event(70, 5), { type: 'accepted', id: w.socket.take()[0].id, session: 's', offset: 6, duplicate: true });
  assert.deepEqual(w.socket.take().map(({ data, since }) => [data.n, since]), [[32, 5]]);
});

test('what another participant sent first is left to it', () => {
  const storage = new FakeStorage();
  opened('s', kOpened, { outbox: webOutbox(storage) }).session.send('chat', {});
  const v = opened({ session: 's', participant: 'other' }, { ...kOpened, participant: 'other' }, { outbox: webOutbox(storage) });
  assert.deepEqual(v.socket.take(), []);
  assert.equal(v.session.pending.length, 0);
  assert.equal(storage.length, 1);
});

test('messages follow a session to the name that the server gives it', () => {
  const storage = new FakeStorage();
  const w = world({ outbox: webOutbox(storage) });
  w.client.session('support').send('chat', {});
  w.socket.open();
  w.socket.say({ ...kOpened, session: 'uuid', asked: 'support' });
  assert.deepEqual([...storage.map.keys()].map((key) => key.split('/')[1]), ['uuid']);
  assert.equal(w.socket.take().at(-1).session, 'uuid');
});

test('a store that fails costs the next page its memory, not this one its message', () => {
  const broken = { ...memoryOutbox(), put() { throw new Error('quota'); } };
  const w = opened('s', kOpened, { outbox: broken });
  w.session.send('chat', {});
  assert.equal(w.socket.take().length, 1);
  assert.equal(w.errors[0].code, 'storage_failed');
});

test('busy is sent again later under its id, id_reused never', async () => {
  const w = opened();
  const busy = w.session.send('chat', { n: 1 });
  const reused = w.session.send('chat', { n: 2 });
  w.socket.take();
  w.socket.say({ type: 'error', code: 'busy', id: busy.id, retry_after_ms: 300 },
               { type: 'error', code: 'id_reused', message: 'used', id: reused.id, field: 'id' });
  await assert.rejects(reused, { code: 'id_reused', field: 'id', retry: false });
  assert.deepEqual(w.names('refused').map(({ id }) => id), [reused.id]);
  w.clock.advance(299);
  assert.deepEqual(w.socket.take(), []);
  w.clock.advance(251);
  assert.deepEqual(w.socket.take().map(({ id }) => id), [busy.id]);
});

test('a refusal for now that names no message sends all of them again', () => {
  const w = opened();
  const one = w.session.send('chat', {});
  w.socket.take();
  w.socket.say({ type: 'error', code: 'rate_limited', message: 'too many', retry_after_ms: 100 });
  w.clock.advance(1_000);
  assert.deepEqual(w.socket.take().map(({ id }) => id), [one.id]);
  assert.equal(w.errors[0].code, 'rate_limited');
});

test('a message over the server’s limit is refused here', async () => {
  const w = opened('s', { ...kOpened, limits: { frame_bytes: 200 } });
  const sent = w.session.send('chat', { content: 'ü'.repeat(100) });
  await assert.rejects(sent, { code: 'message_too_long' });
  assert.deepEqual(w.socket.take(), []);
  assert.equal(w.session.pending.length, 0);
});

test('queues are bounded and say so', async () => {
  const w = world({ queueMax: 2 });
  const session = w.client.session('s');
  session.send('chat');
  session.ask('chat');
  await assert.rejects(session.send('chat'), { code: 'outbox_full' });
  assert.throws(() => session.ask('chat'), { code: 'outbox_full' });
  const v = opened();
  for (let n = 0; n < 40; ++n) v.session.send('chat', { n });
  const sent = v.socket.take();
  assert.equal(sent.length, 32);
  v.socket.say({ type: 'accepted', id: sent[0].id, session: 's', offset: 1, duplicate: false });
  assert.deepEqual(v.socket.take().map(({ data }) => data.n), [32]);
});

test('wrong arguments are refused before anything is queued', async () => {
  const { session } = opened();
  await assert.rejects(session.send('chat', 'text'), TypeError);
  await assert.rejects(session.send('', {}), TypeError);
  const id = session.send('chat', {}, { id: 'mine' }).id;
  await assert.rejects(session.send('chat', {}, { id }), { code: 'id_reused' });
});

test('a message that was not sent can be taken back, one that was cannot', async () => {
  const w = opened();
  w.socket.break();
  const later = w.session.send('chat', {});
  assert.equal(w.session.withdraw(later.id), true);
  await assert.rejects(later, { code: 'cancelled' });
  reopen(w);
  assert.deepEqual(w.socket.take(), []);
  const sent = w.session.send('chat', {});
  assert.equal(w.session.withdraw(sent.id), false);
});

test('a whisper is said now or not at all', () => {
  const w = opened();
  assert.equal(w.session.whisper('typing', { is_typing: true }), true);
  assert.deepEqual(w.socket.take(), [{ type: 'typing', session: 's', data: { is_typing: true } }]);
  w.socket.break();
  assert.equal(w.session.whisper('typing', {}), false);
});

test('acknowledgements and cancels go to their session; a cancel waits for the connection', () => {
  const w = opened();
  w.socket.say(event(4, 0));
  w.session.ack();
  w.session.ack(2);
  assert.deepEqual(w.socket.take(), [{ type: 'ack', session: 's', offset: 4 }, { type: 'ack', session: 's', offset: 2 }]);
  w.socket.break();
  w.session.cancel(4);
  reopen(w);
  const { id, ...cancel } = w.socket.take()[0];
  assert.deepEqual(cancel, { type: 'cancel', session: 's', cause: 4 });
  w.socket.say({ type: 'error', code: 'not_found', message: 'ended', id });
  assert.deepEqual(w.errors, []);
});

test('a page of the past is asked for again after a cut', async () => {
  const w = opened();
  const page = w.session.history({ before: 50, limit: 10 });
  const [asked] = w.socket.take();
  assert.deepEqual({ ...asked, id: '' }, { type: 'session.history', session: 's', before: 50, limit: 10, id: '' });
  w.socket.break();
  reopen(w);
  assert.deepEqual(w.socket.take(), [asked]);
  w.socket.say({ type: 'session.page', session: 's', id: asked.id, events: [event(40)], more: true });
  assert.deepEqual(await page, { events: [event(40)].map(({ prev, ...rest }) => rest), more: true });
  const refused = w.session.history({ limit: 0 });
  w.socket.say({ type: 'error', code: 'validation_error', field: 'limit', id: w.socket.take()[0].id });
  await assert.rejects(refused, { code: 'validation_error', field: 'limit' });
});

test('an aborted page is not asked for, and its answer no trouble', async () => {
  const w = opened();
  await assert.rejects(w.session.history({ signal: AbortSignal.abort() }), { name: 'AbortError' });
  assert.deepEqual(w.socket.take(), []);
  const controller = new AbortController();
  const page = w.session.history({ signal: controller.signal });
  controller.abort();
  await assert.rejects(page, { name: 'AbortError' });
  w.socket.say({ type: 'session.page', session: 's', id: w.socket.take()[0].id, events: [], more: false });
  assert.equal(w.client.phase, 'online');
  await assert.rejects(w.session.events({ signal: AbortSignal.abort() }).next(), { name: 'AbortError' });
  w.session.leave();
  await assert.rejects(w.session.history(), { code: 'closed' });
});

test('a loop over events gets all of them in order and ends when the session is left', async () => {
  const w = opened();
  const offsets = [];
  const loop = (async () => { for await (const one of w.session.events()) offsets.push(one.offset); })();
  w.socket.say(event(1, 0), event(2, 1), event(5, 2));
  await settled();
  w.session.leave();
  await loop;
  assert.deepEqual(offsets, [1, 2, 5]);
});

test('a loop that is too slow gets an error, not a hole', async () => {
  const w = opened('s', kOpened, { bufferMax: 2 });
  const slow = w.session.events();
  w.socket.say(event(1, 0), event(2, 1), event(3, 2));
  await assert.rejects(slow.next(), { code: 'overflow' });
  assert.equal((await slow.next()).done, true);
});

test('a loop is left by break and by its signal', async () => {
  const w = opened();
  const controller = new AbortController();
  const one = w.session.events({ signal: controller.signal });
  w.socket.say(event(1, 0));
  controller.abort(new Error('gone'));
  assert.equal((await one.next()).value.offset, 1);
  await assert.rejects(one.next(), { message: 'gone' });
});

test('what is not one’s own answer disturbs nothing', () => {
  const w = opened();
  const names = heard(w.session);
  w.socket.say({ type: 'accepted', session: 's', offset: 1, duplicate: false }, { type: 'accepted', id: 'x', session: 's', offset: 1 },
               { type: 'session.page', session: 's', id: 'x', events: [] }, { type: 'session.future', session: 's' },
               { type: 'session.live', session: 'unknown', offset: 1 });
  assert.deepEqual(names('accepted'), []);
  assert.equal(w.client.phase, 'online');
});

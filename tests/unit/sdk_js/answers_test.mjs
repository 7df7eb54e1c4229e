// Answers: their text as a loop, their end, their errors, stopping them, across cuts and resets.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { event, kOpened, opened, reopen, settled } from './world.mjs';

const kId = { message_id: 11 };
const start = (offset, prev, cause) => event(offset, prev, 'stream_start', { cause, data: kId });
const token = (offset, prev, cause, content) => event(offset, prev, 'token', { cause, data: { ...kId, content } });
const end = (offset, prev, cause, content, more = {}) =>
  event(offset, prev, 'stream_end', { cause, data: { ...kId, content, finish: 'stop', ...more } });
const accepted = (id, offset, duplicate = false) => ({ type: 'accepted', id, session: 's', offset, duplicate });

async function texts(answer) {
  const pieces = [];
  for await (const piece of answer) pieces.push(piece);
  return pieces;
}

test('an answer is a loop over its text, and then its end', async () => {
  const w = opened();
  const answer = w.session.ask('chat', { content: 'hi' });
  const loop = texts(answer);
  w.socket.say(accepted(answer.id, 1), start(2, 0, 1));
  for (const [offset, content] of [[3, 'one '], [4, 'two ']]) {
    w.socket.say(token(offset, offset - 1, 1, content));
    await settled();
  }
  w.socket.say(end(5, 4, 1, 'one two ', { usage: { total_tokens: 2 } }));
  assert.deepEqual(await loop, ['one ', 'two ']);
  const { text, finish, usage } = await answer.done;
  assert.deepEqual({ text, finish, usage }, { text: 'one two ', finish: 'stop', usage: { total_tokens: 2 } });
  assert.deepEqual([answer.cause, answer.ended], [1, true]);
  assert.deepEqual(await answer.accepted, { offset: 1, duplicate: false });
});

test('a loop that begins late and a second one get the whole text', async () => {
  const w = opened();
  const answer = w.session.ask('chat');
  w.socket.say(accepted(answer.id, 1), token(2, 0, 1, 'one '), token(3, 2, 1, 'two'));
  const late = texts(answer);
  w.socket.say(end(4, 3, 1, 'one two'));
  assert.equal((await late).join(''), 'one two');
  assert.equal((await texts(answer)).join(''), 'one two');
});

test('a cut in the middle is not noticed by the loop', async () => {
  const w = opened();
  const answer = w.session.ask('chat');
  const loop = texts(answer);
  w.socket.say(accepted(answer.id, 1), token(2, 0, 1, 'one '));
  w.socket.break();
  assert.equal(reopen(w).after, 2);
  w.socket.say(token(3, 2, 1, 'two'), end(4, 3, 1, 'one two'));
  assert.equal((await loop).join(''), 'one two');
});

test('events that come before their acceptance are not lost', async () => {
  const w = opened();
  const answer = w.session.ask('chat');
  w.socket.break(); // the message had arrived; the acceptance was cut off
  reopen(w, { ...kOpened, head: 4 });
  w.socket.say(token(2, 0, 1, 'one '), token(3, 2, 1, 'two'), end(4, 3, 1, 'one two'));
  assert.equal(answer.ended, false);
  w.socket.say(accepted(answer.id, 1, true));
  assert.equal((await answer.done).text, 'one two');
});

test('more such events than are kept fail the answer instead of showing half of it', async () => {
  const w = opened('s', kOpened, { bufferMax: 3 });
  const answer = w.session.ask('chat');
  w.socket.break();
  reopen(w);
  w.socket.say(token(2, 0, 1, 'a'), token(3, 2, 1, 'b'), token(4, 3, 1, 'c'), token(5, 4, 1, 'd'), accepted(answer.id, 1, true));
  await assert.rejects(answer.done, { code: 'overflow' });
});

test('events of others do not enter an answer', async () => {
  const w = opened();
  const mine = w.session.ask('chat');
  w.socket.say(accepted(mine.id, 5), token(6, 0, 1, 'theirs '), token(7, 6, 5, 'mine'), end(8, 7, 5, 'mine'));
  assert.equal((await mine.done).text, 'mine');
});

test('work that reports is a loop over its events, and ends with its result', async () => {
  const w = opened();
  const answer = w.session.ask('diagnosis', { symptoms: [] });
  const seen = [];
  const loop = (async () => { for await (const one of answer.events()) seen.push(one.type); })();
  w.socket.say(accepted(answer.id, 1), event(2, 0, 'progress', { cause: 1, data: { stage: 'a', progress: 10 } }),
               event(3, 2, 'stream_chunk', { cause: 1, data: { content: {} } }),
               event(4, 3, 'complete', { cause: 1, data: { result: { urgency: 'routine' } } }));
  await loop;
  assert.deepEqual(seen, ['progress', 'stream_chunk', 'complete']);
  assert.deepEqual((await answer.done).result, { urgency: 'routine' });
});

test('another type may end an answer', async () => {
  const w = opened();
  const answer = w.session.ask('echo', { n: 1 }, { until: 'echo' });
  w.socket.say(accepted(answer.id, 1), event(2, 0, 'echo', { cause: 1, data: { n: 1 } }));
  assert.deepEqual((await answer.done).event.data, { n: 1 });
});

test('an answer that fails throws from its loop and from its end alike', async () => {
  const w = opened();
  const alone = w.session.ask('chat');
  const inside = w.session.ask('chat');
  w.socket.say(accepted(alone.id, 1), accepted(inside.id, 2),
               event(3, 0, 'error', { cause: 1, data: { code: 'plugin_failed', message: 'it failed' } }),
               token(4, 3, 2, 'half'), event(5, 4, 'error', { cause: 2, data: { code: 'internal', message: 'x', message_id: 11 } }),
               end(6, 5, 2, 'half', { finish: 'error' }));
  await assert.rejects(texts(alone), { code: 'plugin_failed', message: 'it failed' });
  await assert.rejects(alone.done, { code: 'plugin_failed' });
  await assert.rejects(texts(inside), { code: 'internal' });
  assert.equal(inside.text, 'half');
});

test('a question that is refused fails its answer', async () => {
  const w = opened();
  const answer = w.session.ask('chat', {});
  w.socket.say({ type: 'error', code: 'unknown_type', message: 'no plugin handles this type', id: answer.id });
  await assert.rejects(answer.accepted, { code: 'unknown_type' });
  await assert.rejects(texts(answer), { code: 'unknown_type' });
});

test('cancel() asks the server to stop, and the loop ends with what there is', async () => {
  const w = opened();
  const answer = w.session.ask('chat');
  const loop = texts(answer);
  w.socket.take();
  answer.cancel();
  answer.cancel();
  assert.deepEqual(w.socket.take(), [], 'what to cancel is not known yet');
  w.socket.say(accepted(answer.id, 1));
  assert.deepEqual(w.socket.take().map(({ type, cause }) => [type, cause]), [['cancel', 1]]);
  w.socket.say(token(2, 0, 1, 'half'), event(3, 2, 'error', { cause: 1, data: { code: 'cancelled', message_id: 11 } }),
               end(4, 3, 1, 'half', { finish: 'cancelled' }));
  assert.deepEqual(await loop, ['half']);
  assert.equal((await answer.done).finish, 'cancelled');
});

test('cancel() while offline is not forgotten', () => {
  const w = opened();
  const answer = w.session.ask('chat');
  w.socket.say(accepted(answer.id, 1));
  w.socket.break();
  answer.cancel();
  reopen(w);
  assert.deepEqual(w.socket.take().map(({ type, cause }) => [type, cause]), [['cancel', 1]]);
});

test('aborting stops the loop at once and the server as soon as may be', async () => {
  const w = opened();
  const controller = new AbortController();
  const answer = w.session.ask('chat', {}, { signal: controller.signal });
  const loop = texts(answer);
  w.socket.take();
  controller.abort();
  await assert.rejects(loop, { name: 'AbortError' });
  w.socket.say(accepted(answer.id, 1));
  assert.deepEqual(w.socket.take().map(({ type, cause }) => [type, cause]), [['cancel', 1]]);
});

test('aborting before it was sent means that it never is', async () => {
  const w = opened();
  w.socket.break();
  const controller = new AbortController();
  const answer = w.session.ask('chat', {}, { signal: controller.signal });
  const sent = w.session.send('chat', {}, { signal: controller.signal });
  controller.abort();
  await assert.rejects(answer.done, { name: 'AbortError' });
  await assert.rejects(sent, { name: 'AbortError' });
  reopen(w);
  assert.deepEqual(w.socket.take(), []);
  assert.throws(() => w.session.ask('chat', {}, { signal: controller.signal }), { name: 'AbortError' });
});

test('a reset fails the answers that it tears, and asks again what was not accepted', async () => {
  const w = opened();
  const torn = w.session.ask('chat', { n: 1 });
  w.socket.say(accepted(torn.id, 1), token(2, 0, 1, 'half'));
  const waiting = w.session.ask('chat', { n: 2 });
  w.socket.break();
  reopen(w, { ...kOpened, epoch: 'e2' });
  w.socket.say({ type: 'session.reset', session: 's', reason: 'epoch', epoch: 'e2', first: 1, head: 2 });
  await assert.rejects(torn.done, { code: 'session_reset' });
  assert.deepEqual(w.socket.take().map(({ data, epoch }) => [data.n, epoch]), [[2, 'e1']]);
  w.socket.say(accepted(waiting.id, 3), end(4, 2, 3, 'whole'));
  assert.equal((await waiting.done).text, 'whole');
});

test('an answer is taken up again by the offset of its question', async () => {
  const w = opened({ session: 's', epoch: 'e1', offset: 1 });
  const answer = w.session.answer(1);
  assert.equal(w.session.answer(1), answer);
  w.socket.say(token(2, 1, 1, 'one '), token(3, 2, 1, 'two'), end(4, 3, 1, 'one two'));
  assert.deepEqual((await texts(answer)).join(''), 'one two');
  answer.cancel();
  const late = opened({ session: 's', epoch: 'e1', offset: 3 });
  const rest = late.session.answer(1);
  late.socket.say(token(4, 3, 1, 'two'), end(5, 4, 1, 'one two'));
  assert.deepEqual([(await texts(rest)).join(''), (await rest.done).text], ['two', 'one two']);
});

test('leaving a session ends its answers', async () => {
  const w = opened();
  const answer = w.session.ask('chat');
  w.session.leave();
  await assert.rejects(answer.done, { code: 'closed' });
  await assert.rejects(w.session.send('chat'), { code: 'closed' });
});

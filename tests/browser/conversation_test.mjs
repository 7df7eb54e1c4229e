// The page's fold over events, under Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Conversation } from '../../tools/pages/chat/conversation.mjs';

function folded(...frames) {
  const conversation = new Conversation(() => {});
  for (const frame of frames) conversation.apply(frame);
  return conversation;
}

const start = { type: 'stream_start', offset: 3, cause: 1, data: { message_id: 11, in_reply_to: 10 } };
const token = (offset, content) => ({ type: 'token', offset, cause: 1, data: { message_id: 11, content } });
const end = { type: 'stream_end', offset: 9, cause: 1, data: { message_id: 11, content: 'one two', finish: 'stop' } };

test('tokens become an answer that its end finishes', () => {
  const conversation = folded(start, token(4, 'one '), token(5, 'two'));
  assert.deepEqual(conversation.openTurns(), [1]);
  conversation.apply(end);
  const [answer] = conversation.items;
  assert.deepEqual([answer.text, answer.finish], ['one two', 'stop']);
  assert.deepEqual(conversation.openTurns(), []);
});

test('a snapshot taken inside a stream goes on with it', () => {
  const before = folded(start, token(4, 'one '));
  const after = new Conversation(() => {}, JSON.parse(JSON.stringify(before)));
  after.apply(token(5, 'two'));
  after.apply(end);
  assert.deepEqual(after.items.map((item) => item.text), ['one two']);
});

test('what was said here becomes one item, whichever of the two answers comes first', () => {
  const message = { type: 'message', offset: 2, cause: 1, data: { id: 10, content: 'hi', sender: 'anon/1' } };
  const one = folded();
  one.said('c-1', 'hi');
  one.accepted('c-1', 1);
  one.apply(message);
  const other = folded();
  other.said('c-1', 'hi');
  other.apply(message);
  other.accepted('c-1', 1);
  for (const conversation of [one, other]) {
    assert.deepEqual(conversation.items.map(({ text, mine, state }) => [text, mine, state]), [['hi', true, 'sent']]);
    assert.equal(conversation.pending.length, 0);
    assert.equal(conversation.self, 'anon/1');
  }
});

test('a message waits for its answer until the stream starts or an error ends it', () => {
  const conversation = folded();
  conversation.said('c-1', 'hi');
  assert.deepEqual(conversation.openTurns(), []);
  conversation.accepted('c-1', 1);
  assert.deepEqual(conversation.openTurns(), [1]);
  conversation.apply({ type: 'error', offset: 2, cause: 1, data: { code: 'plugin_failed', message: 'failed' } });
  assert.deepEqual(conversation.openTurns(), []);
  assert.equal(conversation.items.at(-1).trouble, 'failed');
});

test('an emergency marks the answer of its turn', () => {
  const emergency = { type: 'emergency', offset: 2, cause: 1, data: { level: 'critical', message: 'call', matched: [] } };
  const conversation = folded(emergency, start);
  assert.equal(conversation.emergency.message, 'call');
  assert.equal(conversation.items[0].urgent, true);
});

test('the oldest items leave a very long page', () => {
  const conversation = folded();
  for (let n = 0; n < 600; ++n) conversation.apply({ type: 'echo', offset: n, cause: n, data: { content: String(n) } });
  assert.equal(conversation.items.length, 500);
  assert.equal(conversation.items[0].text, '100');
});

test('work that reports becomes one item that its result ends, also after a reload', () => {
  const event = (offset, type, data) => ({ type, offset, cause: 1, at: '2026-01-15T10:30:00.123Z', data });
  const before = folded(event(2, 'progress', { stage: 'vitals_evaluation', progress: 30, message: 'Vitals' }),
                        event(3, 'stream_chunk', { content: { a: 1 } }));
  assert.deepEqual(before.openTurns(), [1]);
  const after = new Conversation(() => {}, JSON.parse(JSON.stringify(before)));
  after.apply(event(4, 'progress', { stage: 'primary_diagnosis', progress: 20, message: 'Primary' }));
  after.apply(event(5, 'stream_chunk', { content: { b: 2 } }));
  const [report] = after.items;
  assert.deepEqual(report.stages.map(({ message, chunks }) => [message, chunks]), [['Vitals', [{ a: 1 }]], ['Primary', [{ b: 2 }]]]);
  assert.equal(report.progress, 30, 'it does not go back');
  after.apply(event(6, 'complete', { result: { urgency: 'routine' } }));
  assert.deepEqual([after.items.length, report.finish, report.result.urgency, after.title], [1, 'stop', 'routine', 'Assessment']);
  assert.deepEqual(after.openTurns(), []);
});

test('a note is published and waits for no answer', () => {
  const conversation = folded({ type: 'message', offset: 2, cause: 1, data: { content: 'n', sender: 'me', message_type: 'note' } });
  conversation.items[0].mine = true;
  assert.deepEqual(conversation.openTurns(), []);
});

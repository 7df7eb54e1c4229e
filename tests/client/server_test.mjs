// The library in Node against the built server: what the scripted sockets of its unit tests claim.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { Client, memoryOutbox } from '../../sdk/js/src/index.js';
import { Server, node_packages } from '../harness/server.mjs';

const { WebSocket } = node_packages('ws');
const kQuestion = { content: 'My head hurts.' };

let server;
const clients = [];

function connect(options = {}) {
  const client = new Client({ url: `${server.url}/v1/session`, WebSocket, outbox: memoryOutbox(), random: () => 0.02, ...options });
  clients.push(client);
  return client;
}

// The next time that `name` happens and `wanted` is true of it.
const next = (emitter, name, wanted = () => true) => new Promise((resolve) => {
  const off = emitter.on(name, (value) => {
    if (!wanted(value)) return;
    off();
    resolve(value);
  });
});

async function read(answer) {
  let text = '';
  for await (const piece of answer) text += piece;
  return text;
}

before(async () => { server = await Server.start(5); });
afterEach(() => { for (const client of clients.splice(0)) client.close(); });
after(async () => { await server?.close(); });

describe('the client library and the server', () => {
  test('several sessions on one connection; the first can be left and entered again', async () => {
    const client = connect();
    const [one, two] = [client.session(), client.session()];
    const texts = await Promise.all([one, two].map((session) => read(session.ask('chat', kQuestion))));
    assert.ok(texts.every((text) => text.length > 100));
    const { cursor } = one;
    one.leave();
    const states = [];
    const off = client.on('state', ({ phase }) => states.push(phase));
    assert.ok((await read(two.ask('chat', kQuestion))).length > 100);
    const again = client.session({ ...cursor, offset: 0 });
    const events = [];
    again.on('event', ({ offset }) => events.push(offset));
    await next(again, 'live');
    assert.equal(events.at(-1), cursor.offset);
    assert.deepEqual(states, [], 'the connection stayed');
    off();
  });

  test('pages of the past are what was heard', async () => {
    const session = connect().session();
    const heard = [];
    session.on('event', ({ offset, type }) => heard.push([offset, type]));
    await read(session.ask('chat', kQuestion));
    const paged = [];
    for (let after = 0, more = true; more; after = paged.at(-1)[0]) {
      const page = await session.history({ after, limit: 10 });
      paged.push(...page.events.map(({ offset, type }) => [offset, type]));
      more = page.more;
    }
    assert.deepEqual(paged, heard);
    await assert.rejects(session.history({ limit: 5_000 }), { code: 'validation_error', field: 'limit' });
  });

  test('a question that is stopped ends with what there is', async () => {
    const session = connect().session();
    const answer = session.ask('chat', kQuestion);
    let text = '';
    for await (const piece of answer) {
      text += piece;
      answer.cancel();
    }
    const end = await answer.done;
    assert.deepEqual([end.finish, end.text], ['cancelled', text]);
  });

  test('an aborted question is stopped on the server too', async () => {
    const session = connect().session();
    const controller = new AbortController();
    const answer = session.ask('chat', kQuestion, { signal: controller.signal });
    const ended = next(session, 'event', ({ type }) => type === 'stream_end');
    await assert.rejects((async () => { for await (const piece of answer) controller.abort(piece); })());
    assert.equal((await ended).data.finish, 'cancelled');
  });

  test('errors name what is wrong', async () => {
    const session = connect().session();
    await assert.rejects(session.send('no.such.type'), { code: 'unknown_type', retry: false });
    await assert.rejects(session.ask('chat', { content: '' }).done, { code: 'validation_error' });
    await assert.rejects(session.send('chat', { content: 'x'.repeat(70_000) }), { code: 'message_too_long' });
    const { id } = session.send('echo', { n: 1 }, { id: 'mine' });
    await next(session, 'accepted');
    await assert.rejects(session.send('echo', { n: 2 }, { id }), { code: 'id_reused' });
    assert.deepEqual((await session.ask('echo', { n: 3 }, { until: 'echo' }).done).event.data, { n: 3 });
  });

  test('a name that no session can have ends that session and no other', async () => {
    const client = connect();
    const good = client.session();
    await good.ready;
    await assert.rejects(client.session('not a name').ready, { code: 'validation_error' });
    assert.ok((await good.send('echo', {})).offset > 0);
    await assert.rejects(connect().session('not a name').ready, { code: 'validation_error' });
  });

  test('a server that is killed in the middle of an answer ends it after its return', async () => {
    const client = connect();
    const session = client.session();
    const answer = session.ask('chat', kQuestion);
    let text = '';
    for await (const piece of answer) {
      if (text === '') await server.kill();
      if (text === '') await server.run();
      text += piece;
    }
    assert.equal(text, (await answer.done).text);
    const ends = (await server.read(session.name)).filter(({ type }) => type === 'stream_end');
    assert.deepEqual(ends.map(({ data }) => data.content), [text]);
  });

  test('another page takes over: cursor, participant, and an answer in the middle', async () => {
    const first = connect();
    const old = first.session();
    const question = old.ask('chat', kQuestion);
    const { offset } = await question.accepted;
    const { cursor } = old;
    first.close();
    const second = connect();
    const session = second.session({ ...cursor, offset });
    const answer = session.answer(offset);
    await session.ready;
    answer.cancel(); // only who asked may
    assert.equal((await answer.done).finish, 'cancelled');
    assert.equal(second.participant, cursor.participant);
  });

  test('a token makes a user; one that is refused is asked for again, then the client stops', async () => {
    const mint = (...args) => execFileSync(process.env.CHARTROOM_BINARY, ['token', ...args, '-c', server.config],
                                           { cwd: server.folder, encoding: 'utf8' }).trim();
    const user = connect({ token: mint('--sub', 'ann') });
    const home = user.session('home');
    await home.ready;
    assert.equal(home.name, 'home');
    assert.equal(home.cursor.participant, undefined);
    const reasons = [];
    const forged = connect({ token: (reason) => { reasons.push(reason); return 'forged'; } });
    forged.session('home');
    const { error } = await next(forged, 'state', ({ phase }) => phase === 'stopped');
    assert.deepEqual([error.code, error.closeCode, reasons], ['unauthenticated', 4001, ['open', 'refused']]);
  });

  test('a log that was replaced is told before its events', async () => {
    const client = connect();
    const session = client.session();
    await read(session.ask('chat', kQuestion));
    const reset = next(session, 'reset');
    await server.kill();
    for (const file of fs.readdirSync(path.join(server.folder, 'state'))) {
      if (file.startsWith('chartroom.db')) fs.rmSync(path.join(server.folder, 'state', file));
    }
    const waiting = session.send('echo', { n: 1 });
    await server.run();
    assert.equal((await reset).reason, 'epoch');
    assert.equal((await waiting).offset, 1);
    assert.ok((await read(session.ask('chat', kQuestion))).length > 100);
  });
});

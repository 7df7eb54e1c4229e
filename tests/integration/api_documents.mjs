// What the server says of itself, held against public validators and against what it does:
//   node api_documents.mjs http://127.0.0.1:PORT TOKEN
// Prints one line of JSON: what was checked. Throws at the first thing that is wrong.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.CHARTROOM_NODE_FOLDER, 'package.json'));
const { Validator } = require('@seriousme/openapi-schema-validator');
const { Parser } = require('@asyncapi/parser');
const Ajv = require('ajv/dist/2020').default;
const addFormats = require('ajv-formats').default;
const WebSocket = require('ws');

const [base, token] = process.argv.slice(2);
const read = async (path) => (await fetch(base + path)).json();

// ---- openapi.json ----
const openapi = await read('/openapi.json');
const valid = await new Validator().validate(structuredClone(openapi));
assert.equal(valid.valid, true, JSON.stringify(valid.errors));
assert.equal(openapi.openapi, '3.1.0');

const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
ajv.addSchema({ $id: 'https://server/openapi', ...openapi });
function matches(name, value) {
  const check = ajv.getSchema(`https://server/openapi#/components/schemas/${name}`);
  assert.ok(check(value), `${name}: ${JSON.stringify(check.errors)} ${JSON.stringify(value)}`);
}

let answers = 0;
// Asks for one operation, and holds the answer against what the document promises.
async function ask(id, { path = {}, query = {}, headers = {}, body, anonymous } = {}) {
  const [template, method, operation] = Object.entries(openapi.paths)
    .flatMap(([at, methods]) => Object.entries(methods).map(([verb, spec]) => [at, verb, spec]))
    .find(([, , spec]) => spec.operationId === id);
  const url = new URL(base + template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name])));
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const answer = await fetch(url, {
    method: method.toUpperCase(),
    headers: {
      ...(operation.security && !anonymous ? { authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  const promised = operation.responses[answer.status] ?? operation.responses.default;
  const media = (answer.headers.get('content-type') ?? '').split(';')[0];
  if (answer.status !== 204) assert.ok(promised.content[media], `${id}: ${answer.status} ${media}`);
  const reference = promised.content?.[media]?.schema?.$ref;
  const text = media === 'text/event-stream' ? '' : await answer.text();
  if (reference) matches(reference.split('/').at(-1), JSON.parse(text));
  if (media === 'text/event-stream') await answer.body.cancel();
  answers += 1;
  return { status: answer.status, body: reference ? JSON.parse(text) : text };
}

const path = { session: 'home' };
const message = { type: 'echo', data: { content: 'hello' } };
const key = { 'Idempotency-Key': 'k-1' };
assert.equal((await ask('sendMessage', { path, body: message, headers: key })).status, 202);
assert.equal((await ask('sendMessage', { path, body: message, headers: key })).status, 200);
assert.equal((await ask('sendMessage', { path, body: {} })).status, 400);
assert.equal((await ask('sendMessage', { path, body: message, anonymous: true })).status, 401);
assert.equal((await ask('readEvents', { path, query: { limit: 1 } })).status, 200);
assert.equal((await ask('readEvents', { path, query: { limit: 0 } })).status, 400);
assert.equal((await ask('listSessions')).body.sessions.length, 1);
assert.equal((await ask('makeTicket', { body: { session: 'home' } })).status, 200);
assert.equal((await ask('streamEvents', { path })).status, 200);
assert.equal((await ask('eraseSession', { path })).status, 403);
for (const id of ['health', 'readiness', 'metrics', 'openapi', 'asyncapi']) {
  assert.equal((await ask(id)).status, 200, id);
}

// ---- asyncapi.json ----
const asyncapi = await read('/asyncapi.json');
const { diagnostics } = await new Parser().parse(JSON.stringify(asyncapi));
assert.deepEqual(diagnostics.filter((one) => one.severity === 0), []);
assert.equal(asyncapi.asyncapi, '3.0.0');

const frames = {};  // seen, by message
// Opens the route, sends what its clients may send, and holds every frame that comes back against
// the messages of its channel.
async function talk(key, sent, wanted, url = '') {
  const spec = asyncapi.channels[key];
  const outgoing = Object.keys(spec.messages).filter((name) => name.includes('.out.'))
    .map((name) => [name, ajv.compile(asyncapi.components.messages[name].payload)]);
  const socket = new WebSocket(base.replace('http', 'ws') + (url || spec.address));
  const seen = new Set();
  await new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error(`${key}: waits for ${[...wanted].filter((w) => !seen.has(w))}`)), 20_000);
    socket.on('open', () => sent.forEach((frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))));
    socket.on('error', failed);
    socket.on('message', (data) => {
      const text = data.toString();
      let value = text;
      try { value = JSON.parse(text); } catch { /* a text frame */ }
      const fits = outgoing.filter(([, check]) => check(value)).map(([name]) => name);
      if (fits.length === 0) failed(new Error(`${key}: no message is like ${text}`));
      for (const name of fits) {
        seen.add(name.split('.out.')[1]);
        frames[name] = (frames[name] ?? 0) + 1;
      }
      if (wanted.every((name) => seen.has(name))) {
        clearTimeout(late);
        done();
      }
    });
  });
  socket.terminate();
}

const question = 'I have had a cough for three days';
await talk('v1_session', [
  { type: 'session.open' }, { type: 'echo', id: 'e-1', since: 0, data: { n: 1 } },
  { type: 'session.history', after: 0 }, { type: 'session.join', session: crypto.randomUUID() },
  { type: 'ping' }, { type: 'nobody.handles.this' },
], ['session.opened', 'session.live', 'accepted', 'event', 'session.page', 'session.joined', 'pong', 'error']);
await talk('ws', ['hello', { content: question }, { content: 7 }], ['echo', 'reply']);
await talk('ws_chat', [{ question }], ['start', 'token', 'end']);
await talk('ws_broadcast', ['hello'], ['heard']);
await talk('ws_user_id', [{ type: 'chat', data: { content: question } }, { type: 'nobody' }],
  ['stream_chunk', 'complete', 'error'], '/ws/somebody');
await talk('api_v1_ws_chat', [{ message: question, enable_agents: false }, { message: '' }],
  ['connection', 'stream_start', 'status', 'token', 'stream_end', 'error']);
await talk('api_v1_chat_ws', [
  { type: 'auth', token },
  { type: 'send_message', data: { conversation_id: 7, content: question, message_type: 'user' } },
  { type: 'send_message', data: { conversation_id: 7 } },
], ['auth_success', 'message_received', 'stream_start', 'stream_content', 'stream_complete', 'error']);

console.log(JSON.stringify({ answers, channels: Object.keys(asyncapi.channels).length, frames: Object.keys(frames).length }));

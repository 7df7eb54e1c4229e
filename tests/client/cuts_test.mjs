// The library in Node against the built server, its connection cut at random points while answers
// stream: what was shown is what the log has, and what was said was done once.
//   CHARTROOM_CUTS=1000 CHARTROOM_SEED=7 node --test client/cuts_test.mjs
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, memoryOutbox } from '../../sdk/js/src/index.js';
import { CuttingProxy } from '../harness/cutting_proxy.mjs';
import { seeded } from '../harness/random.mjs';
import { Server, node_packages } from '../harness/server.mjs';
import { differences } from './differences.mjs';

const { WebSocket } = node_packages('ws');
const kCuts = Number(process.env.CHARTROOM_CUTS ?? 50);
const kSeed = Number(process.env.CHARTROOM_SEED ?? 1);
const kAnswersPerSession = 30;

let server, proxy;
before(async () => {
  server = await Server.start(1);
  proxy = await CuttingProxy.start(server.port, seeded(kSeed));
});
after(async () => {
  await proxy?.close();
  await server?.close();
});

async function read(answer) {
  let text = '';
  for await (const piece of answer) text += piece;
  const { text: whole } = await answer.done;
  assert.equal(text, whole);
  return { cause: answer.cause, text };
}

test(`${kCuts} cuts (seed ${kSeed}) change nothing of what is shown`, { timeout: 1_000 * Math.max(60, kCuts) }, async (t) => {
  const random = seeded(kSeed + 1);
  const client = new Client({ url: `ws://127.0.0.1:${proxy.port}/v1/session`, WebSocket, outbox: memoryOutbox(),
                              random: () => random() * 0.02 });
  let asked = 0;
  let different = 0;
  proxy.cutting = true;
  while (proxy.cuts < kCuts) {
    const session = client.session();
    const heard = [];
    session.on('event', (event) => heard.push(event));
    session.on('reset', ({ reason }) => assert.fail(`a reset: ${reason}`));
    const shown = [];
    while (proxy.cuts < kCuts && shown.length < kAnswersPerSession) {
      const count = 1 + Math.floor(random() * 3);
      const answers = Array.from({ length: count }, () => session.ask('chat', { content: `My head hurts. (${++asked})` }));
      shown.push(...await Promise.all(answers.map(read)));
    }
    const found = differences(await server.log(session.name), heard, shown);
    assert.deepEqual(found, [], session.name);
    different += found.length;
    session.leave();
  }
  client.close();
  t.diagnostic(`${proxy.cuts} cuts, ${asked} answers, ${different} differences`);
});

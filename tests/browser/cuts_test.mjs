// The chat page in headless Chromium, its connection cut at random points while answers stream, and
// now and then the page reloaded, or thrown away and opened anew: the text on the screen is the log's,
// and every question stands there once.
//   CHARTROOM_CUTS=1000 CHARTROOM_SEED=7 node --test browser/cuts_test.mjs
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CuttingProxy } from '../harness/cutting_proxy.mjs';
import { seeded } from '../harness/random.mjs';
import { Server } from '../harness/server.mjs';
import { differences } from '../client/differences.mjs';
import { Person, ask, crash, launch, live, sessionOf } from './chromium.mjs';

const kCuts = Number(process.env.CHARTROOM_CUTS ?? 50);
const kSeed = Number(process.env.CHARTROOM_SEED ?? 1);
const kAnswersPerSession = 30;
const kAnswerMs = 60_000; // with all its cuts
const kReloads = 0.15;    // of the times that something was asked
const kNewTabs = 0.15;    // without a chance for the old one to save anything

let browser, server, proxy;
before(async () => {
  server = await Server.start(1);
  proxy = await CuttingProxy.start(server.port, seeded(kSeed));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await proxy?.close();
  await server?.close();
});

// [{messageId, text}] of the answers on the screen, and how many questions there are.
const onScreen = (page) => page.evaluate(() => ({
  answers: [...document.querySelectorAll('.answer')].map((entry) => ({
    messageId: Number(entry.dataset.messageId), text: entry.querySelector('.text').textContent,
  })),
  questions: document.querySelectorAll('.said').length,
}));

// As when a browser crashes: what the page had not written down is gone.
async function anew(person, page) {
  const session = await sessionOf(page);
  await crash(page);
  return person.open(`${person.server.url}/chat#session=${session}`);
}

test(`${kCuts} cuts (seed ${kSeed}) change nothing on the screen`, { timeout: 1_000 * Math.max(120, 2 * kCuts) }, async (t) => {
  const random = seeded(kSeed + 1);
  const person = await Person.come(browser, { url: `http://127.0.0.1:${proxy.port}` });
  // Reconnects within milliseconds; how long they wait is another test's business.
  await person.context.addInitScript(() => { Math.random = () => 0.01; });
  let page = await person.open();
  let asked = 0;
  let reloads = 0;
  let different = 0;
  proxy.cutting = true;
  while (proxy.cuts < kCuts) {
    const session = await sessionOf(page);
    let here = 0;
    while (proxy.cuts < kCuts && here < kAnswersPerSession) {
      for (let count = 1 + Math.floor(random() * 3); count > 0; --count) {
        await ask(page, `My head hurts. (${++asked})`);
        ++here;
      }
      const fate = random();
      if (fate < kReloads + kNewTabs) ++reloads;
      if (fate < kReloads) await page.reload();
      else if (fate < kReloads + kNewTabs) page = await anew(person, page);
      await page.waitForFunction((n) => document.querySelectorAll('.answer[data-finish]').length >= n, here, { timeout: kAnswerMs });
    }
    const screen = await onScreen(page);
    const log = await server.log(session);
    const causeOf = new Map(log.filter((row) => row.type === 'stream_end').map((row) => [row.payload.message_id, row.cause]));
    const shown = screen.answers.map(({ messageId, text }) => ({ cause: causeOf.get(messageId), text }));
    const found = differences(log, null, shown);
    if (screen.questions !== here) found.push(`${screen.questions} questions on the screen, ${here} asked`);
    assert.deepEqual(found, [], session);
    different += found.length;
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.locator('#welcome').waitFor();
  }
  proxy.cutting = false;
  await live(page);
  await person.leave();
  t.diagnostic(`${proxy.cuts} cuts, ${reloads} reloads, ${asked} answers, ${different} differences`);
});

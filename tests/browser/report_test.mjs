// Work that reports as it goes on the chat page, from recordings that a test plugin plays; and the
// whole page looked over by axe-core.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Client, memoryOutbox } from '../../sdk/js/src/index.js';
import { Server, node_packages } from '../harness/server.mjs';
import { Person, ask, finished, holdsItsWidth, kEmergency, launch, live, picture, sessionOf } from './chromium.mjs';

const { WebSocket } = node_packages('ws');
const axe = node_packages('axe-core');
const kShipped = path.resolve(path.dirname(process.env.CHARTROOM_BINARY), '../lib/chartroom/plugins');
const kPlayer = path.join(process.env.CHARTROOM_TEST_PLUGINS, 'player');

let browser, server, person, client;

before(async () => {
  server = await Server.start(0, `[plugins]\ndirectories = ["${kShipped}", "${kPlayer}"]`);
  client = new Client({ url: server.url + '/v1/session', WebSocket, outbox: memoryOutbox() });
  browser = await launch();
});
after(async () => {
  client?.close();
  await browser?.close();
  await server?.close();
});
beforeEach(async () => { person = await Person.come(browser, server); });
afterEach(async () => person.leave());

function recording(name) {
  return JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'recordings', `${name}.json`)));
}

// Has the events emitted into the page's session.
async function play(page, events, pauseMs = 0) {
  const session = client.session(await sessionOf(page));
  return session.ask('test.play', { events, pause_ms: pauseMs });
}

const report = (page) => page.locator('li.report');

async function complaintsOfAxe(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

describe('a report', () => {
  test('shows how far it is and what it found as it comes, and then its result', async () => {
    const page = await person.open();
    const events = recording('diagnosis');
    const upTo = (type, n) => events.slice(0, events.findIndex((event) => event.data.progress === n) + 1);
    const answer = await play(page, upTo('progress', 70).concat(events[8]), 20);
    await page.getByText('Streptococcal pharyngitis').or(page.getByText('Viral pharyngitis')).first().waitFor();
    const bar = page.getByRole('progressbar');
    assert.equal(await bar.getAttribute('aria-label'), 'Assessment: Weighing the possibilities');
    assert.equal(await bar.evaluate((node) => node.value), 70);
    assert.deepEqual(await report(page).locator('.stage-name').allTextContents(),
                     ['Reading the symptoms', 'Looking at the vital signs', 'Reviewing the history', 'Weighing the possibilities']);
    assert.equal(await report(page).locator('.stages > .done').count(), 3);
    await page.getByText('+').first().waitFor();
    await picture(page, 'report-progress');
    await page.reload();
    await page.getByText('Weighing the possibilities').first().waitFor();
    assert.equal(await page.getByRole('progressbar').evaluate((node) => node.value), 70);
    assert.equal(answer.ended, false);
  });

  for (const [name, title, result] of [['diagnosis', 'Assessment', 'Viral pharyngitis'],
                                       ['prescription', 'Prescription proposal', 'Example A']]) {
    test(`of a ${name} ends with its result, the way there folded away`, async () => {
      const page = await person.open();
      await (await play(page, recording(name))).done;
      await page.locator('li.report[data-finish=stop]').waitFor();
      assert.equal(await report(page).getByRole('heading').textContent(), title);
      await report(page).locator('.result').getByText(result, { exact: true }).first().waitFor();
      assert.equal(await page.getByRole('progressbar').count(), 0);
      assert.equal(await report(page).locator('section > details').getAttribute('open'), null);
      assert.equal(await page.locator('#announcer').textContent(), `${title}: done.`);
      await page.waitForFunction(() => {
        const { top } = document.querySelector('li.report').getBoundingClientRect();
        return top >= document.querySelector('#scroller').getBoundingClientRect().top && scrollY === 0;
      });
      await picture(page, `report-${name}`);
      await page.getByText('How it got there').click();
      for (const why of await report(page).getByText('Why', { exact: true }).all()) if (await why.isVisible()) await why.click();
      assert.deepEqual(await complaintsOfAxe(page), []);
    });
  }

  test('that fails says so', async () => {
    const page = await person.open();
    await play(page, recording('diagnosis').slice(0, 3).concat({ type: 'error', data: { code: 'validation_error', message: 'age must be a number' } }));
    await page.getByText('age must be a number').waitFor();
    assert.equal(await report(page).getAttribute('data-finish'), 'error');
    assert.equal(await page.locator('#stop').isVisible(), false);
  });

  test('is text, whatever is in it', async () => {
    const page = await person.open();
    const markup = '<img src=x onerror="document.title=1">';
    await play(page, [{ type: 'progress', data: { stage: markup, progress: 5, message: markup } },
                      { type: 'stream_chunk', data: { content: { [markup]: markup, deep: [[[[[[{ a: 1 }]]]]]] } } },
                      { type: 'stream_chunk', data: { content: null } }, { type: 'stream_chunk', data: {} },
                      { type: 'complete', data: { result: { urgency: 'emergency', note: markup } } }]);
    await page.locator('li.report[data-finish=stop]').waitFor();
    assert.equal(await report(page).locator('img').count(), 0);
  });

  test('holds on a narrow dark screen', async () => {
    const narrow = await Person.come(browser, server, { viewport: { width: 340, height: 700 }, colorScheme: 'dark' });
    const page = await narrow.open();
    await play(page, recording('diagnosis'));
    await page.locator('li.report[data-finish=stop]').waitFor();
    await holdsItsWidth(page);
    await picture(page, 'report-narrow-dark');
    assert.deepEqual(await complaintsOfAxe(page), []);
    await narrow.leave();
  });
});

describe('the forms', () => {
  // The frames of a type that the page sends from now on.
  function sent(page, type) {
    return new Promise((resolve) => page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => {
      const frame = JSON.parse(payload);
      if (frame.type === type) resolve(frame);
    })));
  }

  test('ask for an assessment and for a prescription proposal, by keyboard', async () => {
    const page = await person.open();
    const frames = ['diagnosis', 'prescription'].map((type) => sent(page, type));
    await page.reload();
    await live(page);
    await page.locator('#forms-open').press('Enter');
    await page.getByLabel('Symptoms, one a line').fill('sore throat: 3 days\nfever');
    await page.locator('#diagnosis').getByLabel('Age').fill('34');
    await picture(page, 'form-diagnosis');
    assert.deepEqual(await complaintsOfAxe(page), []);
    await page.locator('#diagnosis').getByLabel('Age').press('Enter');
    await page.locator('#forms').waitFor({ state: 'hidden' });
    assert.deepEqual((await frames[0]).data, {
      symptoms: [{ name: 'sore throat', duration: '3 days' }, { name: 'fever' }], vitals: {}, history: { age: 34 },
    });
    assert.equal(await page.locator('.said.mine .text').textContent(), 'Assessment: sore throat, fever');
    await page.locator('li.report[data-finish=stop]').waitFor();
    await picture(page, 'answered-diagnosis');
    await page.locator('#forms-open').click();
    await page.getByLabel('A prescription proposal', { exact: true }).check();
    await page.getByLabel('Diagnosis', { exact: true }).fill('gout');
    await page.locator('#prescription').getByLabel('Age').fill('50');
    await page.locator('#prescription').getByRole('button', { name: 'Ask' }).click();
    assert.deepEqual((await frames[1]).data, { diagnosis: 'gout', patient_info: { age: 50 } });
    await page.locator('li.report[data-finish=stop]').nth(1).waitFor();
    assert.deepEqual(await report(page).getByRole('heading').allTextContents(), ['Assessment', 'Prescription proposal']);
    assert.equal(await report(page).getByText('Not a medical device').count(), 2);
    assert.deepEqual(await complaintsOfAxe(page), []);
    await picture(page, 'answered-prescription');
  });

  test('hold on a narrow dark screen', async () => {
    const narrow = await Person.come(browser, server, { viewport: { width: 340, height: 640 }, colorScheme: 'dark' });
    const page = await narrow.open();
    await page.locator('#forms-open').click();
    await picture(page, 'form-narrow-dark');
    await holdsItsWidth(page);
    assert.deepEqual(await complaintsOfAxe(page), []);
    await narrow.leave();
  });
});

describe('axe-core finds nothing', () => {
  for (const colorScheme of ['light', 'dark']) {
    test(`on the ${colorScheme} page, empty, with an answer, and in an emergency`, async () => {
      const other = await Person.come(browser, server, { colorScheme });
      const page = await other.open();
      await page.locator('#welcome').waitFor();
      assert.deepEqual(await complaintsOfAxe(page), []);
      await ask(page);
      await finished(page).waitFor();
      await ask(page, kEmergency);
      await finished(page).nth(1).waitFor();
      await page.getByRole('alert').waitFor();
      assert.deepEqual(await complaintsOfAxe(page), []);
      await other.leave();
    });
  }
});

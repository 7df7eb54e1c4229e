// Front ends that know nothing of Chartroom, in headless Chromium: each page of front_ends/ is written
// as such pages are, with a plain `WebSocket` and no library, and served from a place of its own.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Server } from '../harness/server.mjs';
import { Person, kEmergency, kQuestion, launch } from './chromium.mjs';

const kTokenDelayMs = 20;
const kPages = path.join(import.meta.dirname, 'front_ends');

let server, pages, browser, person;

before(async () => {
  server = await Server.start(kTokenDelayMs, '[access]\nconversations = "open"');
  // Anything else, the icon that a browser asks for, is nothing.
  pages = http.createServer((request, response) => {
    const file = path.join(kPages, path.basename(new URL(request.url, 'http://pages').pathname));
    response.writeHead(fs.existsSync(file) ? 200 : 204, { 'content-type': 'text/html' });
    response.end(fs.existsSync(file) ? fs.readFileSync(file) : '');
  });
  await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  pages?.close();
  await server?.close();
});
beforeEach(async () => {
  if (!server.runs) await server.run(); // a test that failed may have left it dead
  person = await Person.come(browser, server);
});
afterEach(async () => person.leave());

// The front end `name`, once its connection stands.
async function front(name, query = {}) {
  const where = new URLSearchParams({ server: server.url.replace('http', 'ws'), ...query });
  const page = await person.visit(`http://127.0.0.1:${pages.address().port}/${name}.html?${where}`);
  await online(page);
  return page;
}

const online = (page) => page.locator('#state').getByText(/^(online|connected|resumed)/).waitFor();
const offline = (page) => page.locator('#state').getByText('offline').waitFor();

async function say(page, text) {
  await page.locator('#text').fill(text);
  await page.locator('#text').press('Enter');
}

const begun = (page, line) => page.waitForFunction((css) => document.querySelector(css)?.textContent.length > 20, line);
const texts = (page, lines) => page.locator(lines).allTextContents();

async function restart(page, signal) {
  await server.kill(signal);
  await offline(page);
  await server.run();
  await online(page);
}

// The whole answers of an anonymous session, as its log has them.
const logged = async (session) => (await server.read(session))
  .filter((event) => event.type === 'stream_end').map((event) => event.data.content);

describe('plain', () => {
  test('shows one reply a message, refusals too, and comes back after a restart', async () => {
    const page = await front('plain');
    await say(page, kQuestion);
    await page.locator('li').waitFor();
    await say(page, 'x'.repeat(70_000));
    await page.locator('li').nth(1).getByText('too long').waitFor();
    await restart(page, 'SIGTERM');
    await say(page, kQuestion);
    await page.locator('li').nth(2).waitFor();
    const [first, , third] = await texts(page, 'li');
    assert.ok(first.length > 20);
    assert.equal(first, third);
  });
});

describe('question', () => {
  test('streams, stops, and comes back after a restart to the session that it names', async () => {
    const page = await front('question');
    await say(page, kQuestion);
    await begun(page, 'li:not(.done)');
    await page.locator('li.done').waitFor();
    await say(page, 'And my back hurts.');
    await begun(page, 'li:nth-child(2)');
    await page.locator('#stop').click();
    await page.locator('li.done').nth(1).waitFor();
    await restart(page, 'SIGKILL');
    await say(page, 'And now?');
    await page.locator('li.done').nth(2).waitFor();
    const session = await page.evaluate('session');
    assert.deepEqual(await texts(page, 'li'), await logged(session));
  });
});

describe('broadcast', () => {
  test('what one says everybody hears, the one who said it too', async () => {
    const [one, other] = [await front('broadcast'), await front('broadcast')];
    await say(one, 'Good morning');
    for (const page of [one, other]) await page.locator('li').getByText('Someone said: Good morning').waitFor();
    await restart(one, 'SIGTERM');
    await online(other);
    await say(other, 'Still there?');
    for (const page of [one, other]) await page.locator('li').getByText('Someone said: Still there?').waitFor();
    assert.equal(await one.locator('li').count(), 2);
  });
});

describe('clinical', () => {
  test('shows a chat as it comes, and the whole of it at the end', async () => {
    const page = await front('clinical');
    await say(page, kQuestion);
    await begun(page, '#answer');
    assert.equal(await page.locator('#result').textContent(), '');
    await page.locator('#result[data-medications]').waitFor();
    const result = JSON.parse(await page.locator('#result').textContent());
    assert.equal(await page.locator('#answer').textContent(), result.reply);
    assert.equal(await page.locator('#progress').evaluate((bar) => bar.value), 100);
  });

  test('shows a diagnosis in its stages', async () => {
    const page = await front('clinical');
    await page.locator('#diagnose').click();
    await page.locator('#result[data-medications]').waitFor();
    assert.ok(await page.locator('#stages li').count() >= 3);
    assert.ok(Number(await page.locator('#chunks').textContent()) >= 1);
    assert.equal(await page.locator('#progress').evaluate((bar) => bar.value), 100);
  });

  test('stops, and comes back after a restart', async () => {
    const page = await front('clinical');
    await say(page, kQuestion);
    await begun(page, '#answer');
    await page.locator('#stop').click();
    await page.locator('#result').getByText('"finish":"cancelled"').waitFor();
    await restart(page, 'SIGTERM');
    await say(page, kQuestion);
    await page.locator('#result').getByText('"finish":"stop"').waitFor();
  });
});

describe('stream', () => {
  const kPath = '/api/v1/ws/chat';

  test('shows what the agents do and the answer that they give', async () => {
    const page = await front('stream', { path: kPath });
    await say(page, kQuestion);
    await page.locator('#statuses').getByText('diagnostic').waitFor();
    await page.locator('li[data-finish=stop]').waitFor();
    const { agents, completed } = await page.locator('#answers li').evaluate((line) => ({ ...line.dataset }));
    assert.deepEqual([agents, completed], ['triage diagnostic treatment', 'triage diagnostic treatment']);
    assert.deepEqual(await texts(page, '#answers li'), await logged(await page.evaluate('session')));
  });

  test('shows an emergency, and stops', async () => {
    const page = await front('stream', { path: kPath });
    await page.locator('#agents').uncheck();
    await say(page, kEmergency);
    await begun(page, '#answers li');
    const [warning] = await texts(page, '#emergency');
    assert.ok((await texts(page, '#answers li'))[0].startsWith(warning.slice(0, 20)));
    await page.locator('#stop').click();
    await page.locator('li[data-finish=cancelled]').waitFor();
  });

  for (const signal of ['SIGTERM', 'SIGKILL']) {
    test(`goes on in its session after a restart (${signal})`, async () => {
      const page = await front('stream', { path: kPath });
      await page.locator('#agents').uncheck();
      await say(page, kQuestion);
      await page.locator('li[data-finish]').waitFor();
      const session = await page.evaluate('session');
      await restart(page, signal);
      await say(page, 'And my back hurts.');
      await page.locator('li[data-finish]').nth(1).waitFor();
      assert.equal(await page.evaluate('session'), session);
      assert.deepEqual(await texts(page, '#answers li'), await logged(session));
    });
  }

  test('comes in with a token, or with a ticket', async () => {
    const token = await server.token('anna');
    await front('stream', { path: `${kPath}/anna?token=${token}` });
    const answer = await fetch(`${server.url}/api/v1/tickets`, {
      method: 'POST', body: '{}', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    assert.equal(answer.status, 200);
    const { ticket } = await answer.json();
    const page = await front('stream', { path: `${kPath}/anna?ticket=${ticket}` });
    await say(page, kQuestion);
    await page.locator('li[data-finish=stop]').waitFor();
    assert.equal(await page.locator('#error').textContent(), '');
  });
});

describe('conversation', () => {
  test('two people, one assistant, each message once', async () => {
    const [one, other] = [await front('conversation', { token: await server.token('1'), conversation: '77' }),
                          await front('conversation', { token: await server.token('ben'), conversation: '77' })];
    await one.locator('#text').pressSequentially('Hm');
    await other.locator('#typing').getByText('1 is typing').waitFor();
    await say(one, kQuestion);
    for (const page of [one, other]) await page.locator('li.whole[data-tokens]').waitFor();
    await say(other, 'And me?');
    for (const page of [one, other]) await page.locator('li.whole[data-tokens]').nth(1).waitFor();
    assert.equal(await other.locator('#typing').textContent(), '');
    assert.deepEqual(await texts(one, '#messages li'), await texts(other, '#messages li'));
    assert.equal(await one.locator('#messages li').count(), 4);
    assert.deepEqual(await one.locator('li.assistant').evaluateAll((lines) => lines.map((line) => line.dataset.question)),
                     [kQuestion, 'And me?']);
    await one.locator('#conversations').getByText(/\((1, ben|ben, 1)\)/).waitFor();
    assert.equal(await one.locator('#error').textContent(), '');
  });

  test('stops, and comes back after a restart', async () => {
    const page = await front('conversation', { token: await server.token('42'), conversation: '78' });
    await say(page, kQuestion);
    await begun(page, 'li.assistant');
    await page.locator('#stop').click();
    await page.locator('li.whole[data-tokens]').waitFor();
    await restart(page, 'SIGTERM');
    await say(page, 'Once more.');
    await page.locator('li.whole[data-tokens]').nth(1).waitFor();
    assert.equal(await page.locator('#messages li').count(), 4);
  });

  test('is told why it may not come in', async () => {
    const page = await person.visit(`http://127.0.0.1:${pages.address().port}/conversation.html?${new URLSearchParams(
      { server: server.url.replace('http', 'ws'), token: 'not.a.token', conversation: '1' })}`);
    await page.locator('#state').getByText('Invalid token').waitFor();
  });
});

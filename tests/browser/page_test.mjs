// The chat page in headless Chromium against the built server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Server, kPatienceMs, node_packages } from './server.mjs';

const { chromium } = node_packages('playwright-core');
const kQuestion = 'I have had a headache and a sore throat for three days, and I do not sleep well.';
const kTokenDelayMs = 25;
const kPictures = process.env.CHARTROOM_TEST_OUTPUT ?? 'build/browser';

let browser, server, context, complaints;

before(async () => {
  fs.mkdirSync(kPictures, { recursive: true });
  server = await Server.start(kTokenDelayMs);
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});
after(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  complaints = [];
  context = await browser.newContext({ viewport: { width: 1100, height: 760 } });
  context.setDefaultTimeout(kPatienceMs);
});
afterEach(async () => context.close());

async function opened(where = context) {
  const page = await where.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => {
    // Chromium reports a refused connection itself; the page's own words are what counts.
    if (line.type() === 'error' && !line.text().includes('WebSocket connection to')) complaints.push(line.text());
  });
  await page.goto(`${server.url}/`);
  await page.locator('#link[data-phase=live]').waitFor();
  return page;
}

async function ask(page, text = kQuestion) {
  await page.getByLabel('Your message').fill(text);
  await page.keyboard.press('Enter');
}

const answers = (page) => page.locator('.answer');
const finished = (page) => page.locator('.answer[data-finish]');
const text_of = (page, n = 0) => answers(page).nth(n).locator('.text').textContent();
const session_of = (page) => page.evaluate(() => JSON.parse(localStorage.getItem('chartroom.newest')));

async function streams(page, at_least = 12) {
  await page.waitForFunction((n) => document.querySelector('.answer.streaming .text')?.textContent.length >= n, at_least);
}

// The answer as the log has it: the pieces put together, which must equal the end's content.
async function logged_answer(page) {
  const events = await server.read(await session_of(page));
  const ends = events.filter((event) => event.type === 'stream_end');
  assert.equal(ends.length, 1);
  const pieces = events.filter((event) => event.type === 'token').map((event) => event.data.content).join('');
  assert.equal(pieces, ends[0].data.content);
  return pieces;
}

const picture = (page, name) => page.screenshot({ path: path.join(kPictures, `${name}.png`) });

describe('the chat page', () => {
  test('loads without a complaint and is ready to write in', async () => {
    const page = await opened();
    assert.equal(await page.title(), 'Chartroom');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
    await page.locator('#welcome').waitFor();
    await picture(page, 'welcome');
    assert.deepEqual(complaints, []);
  });

  test('streams an answer and shows it as the log has it', async () => {
    const page = await opened();
    await ask(page);
    await streams(page);
    assert.ok(await page.locator('#stop').isVisible());
    await picture(page, 'streaming');
    await finished(page).waitFor();
    assert.equal(await text_of(page), await logged_answer(page));
    assert.equal(await page.locator('.said.mine').count(), 1);
    assert.equal(await page.locator('#announcer').textContent(), await text_of(page));
    await picture(page, 'answered');
    assert.deepEqual(complaints, []);
  });

  test('stops an answer on the button and on Escape', async () => {
    const page = await opened();
    await ask(page);
    await streams(page);
    await page.locator('#stop').click();
    await page.locator('.answer[data-finish=cancelled]').waitFor();
    assert.equal(await text_of(page), await logged_answer(page));
    await ask(page, 'Once more, please: my back hurts.');
    await streams(page);
    await page.keyboard.press('Escape');
    await page.locator('.answer[data-finish=cancelled]').nth(1).waitFor();
    assert.ok(await page.locator('#stop').isHidden());
  });

  test('a reload in the middle of an answer goes on with it', async () => {
    const page = await opened();
    await ask(page);
    await streams(page, 30);
    await page.reload();
    await finished(page).waitFor();
    assert.equal(await text_of(page), await logged_answer(page));
    assert.equal(await answers(page).count(), 1);
    assert.equal(await page.locator('.said.mine').count(), 1);
    assert.deepEqual(complaints, []);
  });

  test('kill -9 of the server in the middle of an answer ends with the answer whole', async () => {
    const page = await opened();
    await ask(page);
    await streams(page, 30);
    await server.kill();
    await page.locator('#notice').getByText('connection was lost').waitFor();
    await picture(page, 'offline');
    await ask(page, 'Written while the server was away.');
    await page.locator('.said.sending').waitFor();
    await server.run();
    await page.locator('.answer[data-finish=stop]').nth(1).waitFor();
    const events = await server.read(await session_of(page));
    const ends = events.filter((event) => event.type === 'stream_end').map((event) => event.data.content);
    assert.deepEqual([await text_of(page, 0), await text_of(page, 1)], ends);
    assert.equal(await page.locator('.said').count(), 2);
    assert.deepEqual(complaints, []);
  });

  test('a message that the page took with it into a reload is sent once', async () => {
    const page = await opened();
    await ask(page, 'Hello, what can you do?');
    await finished(page).waitFor();
    await server.kill();
    await ask(page, 'Kept in the outbox.');
    await page.locator('.said.sending').waitFor();
    await server.run();
    await page.reload();
    await finished(page).nth(1).waitFor();
    assert.equal(await page.locator('.said').count(), 2);
    const events = await server.read(await session_of(page));
    assert.equal(events.filter((event) => event.type === 'stream_end').length, 2);
  });

  test('two tabs show one conversation', async () => {
    const one = await opened();
    await ask(one);
    await streams(one);
    const two = await opened();
    await finished(one).waitFor();
    await finished(two).waitFor();
    assert.equal(await text_of(two), await text_of(one));
    await ask(two, 'From the other tab.');
    await finished(one).nth(1).waitFor();
    assert.equal(await one.locator('.said').count(), 2);
  });

  test('someone else’s typing shows and goes away by itself', async () => {
    const one = await opened();
    const session = await session_of(one);
    const stranger = await browser.newContext();
    try {
      const other = await stranger.newPage();
      await other.goto(`${server.url}/chat#session=${session}`);
      await other.locator('#link[data-phase=live]').waitFor();
      await other.getByLabel('Your message').pressSequentially('hel');
      await one.getByText('Someone is typing').waitFor();
      assert.equal(await other.getByText('Someone is typing').count(), 0);
      await stranger.close();
      await one.getByText('Someone is typing').waitFor({ state: 'detached' });
    } finally {
      await stranger.close();
    }
  });

  test('an emergency is announced above everything and can be dismissed for good', async () => {
    const page = await opened();
    await ask(page, 'I have crushing chest pain and cannot breathe.');
    await page.getByRole('alert').waitFor();
    assert.ok((await page.locator('#emergency-text').textContent()).length > 10);
    await finished(page).waitFor();
    assert.ok(await page.locator('.answer.urgent').count() > 0);
    await picture(page, 'emergency');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByRole('alert').waitFor({ state: 'hidden' });
    await page.reload();
    await finished(page).waitFor();
    assert.ok(await page.locator('#emergency').isHidden());
  });

  test('a new conversation is empty and the old one is unharmed', async () => {
    const page = await opened();
    await ask(page, 'Hello, what can you do?');
    await finished(page).waitFor();
    const old = await session_of(page);
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.locator('#welcome').waitFor();
    await page.locator('#link[data-phase=live]').waitFor();
    assert.notEqual(await session_of(page), old);
    assert.equal((await server.read(old)).filter((event) => event.type === 'stream_end').length, 1);
  });

  test('text from outside is text', async () => {
    const page = await opened();
    const markup = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';
    await ask(page, markup);
    await finished(page).waitFor();
    assert.equal(await page.locator('.said .text').textContent(), markup);
    assert.equal(await page.locator('.conversation img, .conversation b').count(), 0);
    assert.equal(await page.title(), 'Chartroom');
    assert.deepEqual(complaints, []);
  });

  test('works by keyboard alone', async () => {
    const page = await opened();
    await page.keyboard.type('First line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line');
    await page.keyboard.press('Enter');
    await finished(page).waitFor();
    assert.equal(await page.locator('.said .text').textContent(), 'First line\nsecond line');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
  });

  test('dark mode and narrow screens hold everything', async () => {
    const narrow = await browser.newContext({ viewport: { width: 340, height: 640 }, colorScheme: 'dark' });
    try {
      narrow.setDefaultTimeout(kPatienceMs);
      const page = await opened(narrow);
      await picture(page, 'narrow-dark-welcome');
      await ask(page);
      await finished(page).waitFor();
      await ask(page, 'I have crushing chest pain and cannot breathe.');
      await finished(page).nth(1).waitFor();
      await picture(page, 'narrow-dark');
      const [inner, content] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
      assert.ok(content <= inner, `${content} px wide on a screen of ${inner}`);
    } finally {
      await narrow.close();
    }
    const dark = await browser.newContext({ viewport: { width: 1100, height: 760 }, colorScheme: 'dark' });
    try {
      const page = await opened(dark);
      await ask(page);
      await finished(page).waitFor();
      await picture(page, 'dark');
    } finally {
      await dark.close();
    }
  });
});

// The chat page in headless Chromium against the built server.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { Server } from '../harness/server.mjs';
import { Person, answers, ask, crash, finished, holdsItsWidth, kEmergency, launch, live, picture, sessionOf, streams,
         textOf } from './chromium.mjs';

const kTokenDelayMs = 25;

let browser, server, person;

before(async () => {
  server = await Server.start(kTokenDelayMs);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(async () => {
  if (!server.runs) await server.run(); // a test that failed may have left it dead
  person = await Person.come(browser, server);
});
afterEach(async () => person.leave());

// The answer as the log has it: the pieces put together, which must equal the end's content.
async function loggedAnswer(page) {
  const events = await server.read(await sessionOf(page));
  const ends = events.filter((event) => event.type === 'stream_end');
  assert.equal(ends.length, 1);
  const pieces = events.filter((event) => event.type === 'token').map((event) => event.data.content).join('');
  assert.equal(pieces, ends[0].data.content);
  return pieces;
}

describe('the chat page', () => {
  test('loads without a complaint and is ready to write in', async () => {
    const page = await person.open();
    assert.equal(await page.title(), 'Chartroom');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
    await page.locator('#welcome').waitFor();
    await picture(page, 'welcome');
  });

  test('streams an answer and shows it as the log has it', async () => {
    const page = await person.open();
    await ask(page);
    await streams(page);
    assert.equal(await page.locator('.waiting').count(), 0);
    assert.ok(await page.locator('#stop').isVisible());
    await picture(page, 'streaming');
    await finished(page).waitFor();
    assert.equal(await textOf(page), await loggedAnswer(page));
    assert.equal(await page.locator('.said.mine').count(), 1);
    assert.equal(await page.locator('#announcer').textContent(), await textOf(page));
    await picture(page, 'answered');
  });

  test('stops an answer on the button and on Escape', async () => {
    const page = await person.open();
    await ask(page);
    await streams(page);
    await page.locator('#stop').click();
    await page.locator('.answer[data-finish=cancelled]').waitFor();
    assert.equal(await textOf(page), await loggedAnswer(page));
    await ask(page, 'Once more, please: my back hurts.');
    await streams(page);
    await page.keyboard.press('Escape');
    await page.locator('.answer[data-finish=cancelled]').nth(1).waitFor();
    assert.ok(await page.locator('#stop').isHidden());
  });

  test('a reload in the middle of an answer goes on with it', async () => {
    const page = await person.open();
    await ask(page);
    await streams(page, 30);
    await page.reload();
    await page.locator('#notice').getByText('Picked up where it was.').waitFor();
    await finished(page).waitFor();
    assert.equal(await textOf(page), await loggedAnswer(page));
    assert.equal(await answers(page).count(), 1);
    assert.equal(await page.locator('.said.mine').count(), 1);
  });

  test('a page that crashes knows its own words again, in every conversation', async () => {
    const page = await person.open();
    await ask(page, 'Hello, what can you do?');
    await finished(page).waitFor();
    await page.keyboard.press('Alt+KeyN');
    await page.locator('#welcome').waitFor();
    await ask(page, 'Said and not written down.');
    await streams(page, 1);
    const session = await sessionOf(page);
    await page.evaluate((name) => localStorage.removeItem(`chartroom.session.${name}`), session);
    await crash(page);
    const anew = await person.open(`${server.url}/chat#session=${session}`);
    await finished(anew).waitFor();
    assert.equal(await textOf(anew), await loggedAnswer(anew));
    assert.deepEqual(await anew.locator('.said.mine .text').allTextContents(), ['Said and not written down.']);
  });

  test('kill -9 of the server in the middle of an answer ends with the answer whole', async () => {
    const page = await person.open();
    await ask(page);
    await streams(page, 30);
    await server.kill();
    await page.locator('#notice').getByText('connection was lost').waitFor();
    await picture(page, 'offline');
    await ask(page, 'Written while the server was away.');
    await page.locator('.said.sending').waitFor();
    await server.run();
    await page.locator('.answer[data-finish=stop]').nth(1).waitFor();
    const events = await server.read(await sessionOf(page));
    const ends = events.filter((event) => event.type === 'stream_end').map((event) => event.data.content);
    assert.deepEqual([await textOf(page, 0), await textOf(page, 1)], ends);
    assert.equal(await page.locator('.said').count(), 2);
  });

  test('a restart of the server in the middle of an answer is a quiet notice', async () => {
    const page = await person.open();
    await ask(page);
    await streams(page, 30);
    await server.kill('SIGTERM');
    await page.locator('#notice').getByText('The server restarts.').waitFor();
    await server.run();
    await page.locator('#notice').getByText('Connected again. Nothing was lost.').waitFor();
    await finished(page).waitFor();
    assert.equal(await textOf(page), await loggedAnswer(page));
    await page.locator('#notice').waitFor({ state: 'hidden' });
  });

  test('a message that the page took with it into a reload is sent once', async () => {
    const page = await person.open();
    await ask(page, 'Hello, what can you do?');
    await finished(page).waitFor();
    await server.kill();
    await ask(page, 'Kept in the outbox.');
    await page.locator('.said.sending').waitFor();
    await server.run();
    await page.reload();
    await finished(page).nth(1).waitFor();
    assert.equal(await page.locator('.said').count(), 2);
    const events = await server.read(await sessionOf(page));
    assert.equal(events.filter((event) => event.type === 'stream_end').length, 2);
  });

  test('two tabs show one conversation', async () => {
    const one = await person.open();
    await ask(one);
    await streams(one);
    const two = await person.open();
    await finished(one).waitFor();
    await finished(two).waitFor();
    assert.equal(await textOf(two), await textOf(one));
    await ask(two, 'From the other tab.');
    await finished(one).nth(1).waitFor();
    assert.equal(await one.locator('.said').count(), 2);
  });

  test('someone else’s typing shows and goes away by itself', async () => {
    const one = await person.open();
    const stranger = await Person.come(browser, server);
    const other = await stranger.open(`${server.url}/chat#session=${await sessionOf(one)}`);
    await other.getByLabel('Your message').pressSequentially('hel');
    await one.getByText('Someone is typing').waitFor();
    await picture(one, 'typing');
    assert.equal(await other.getByText('Someone is typing').count(), 0);
    await stranger.leave();
    await one.getByText('Someone is typing').waitFor({ state: 'detached' });
  });

  test('an emergency is announced above everything and can be dismissed for good', async () => {
    const page = await person.open();
    await ask(page, kEmergency);
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
    const page = await person.open();
    await ask(page, 'Hello, what can you do?');
    await finished(page).waitFor();
    const old = await sessionOf(page);
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.locator('#welcome').waitFor();
    await page.locator('#link[data-phase=live]').waitFor();
    assert.notEqual(await sessionOf(page), old);
    assert.equal((await server.read(old)).filter((event) => event.type === 'stream_end').length, 1);
  });

  test('text from outside is text', async () => {
    const page = await person.open();
    const markup = '<img src=x onerror="document.title=\'owned\'"><b>bold</b>';
    await ask(page, markup);
    await finished(page).waitFor();
    assert.equal(await page.locator('.said .text').textContent(), markup);
    assert.equal(await page.locator('.conversation img, .conversation b').count(), 0);
    assert.equal(await page.title(), `${markup} – Chartroom`);
    assert.equal(await page.locator('#conversations img, #conversations b').count(), 0);
  });

  test('works by keyboard alone', async () => {
    const page = await person.open();
    await page.keyboard.type('First line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line');
    await page.keyboard.press('Enter');
    await finished(page).waitFor();
    assert.equal(await page.locator('.said .text').textContent(), 'First line\nsecond line');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
  });

  test('dark mode and narrow screens hold everything', async () => {
    const narrow = await Person.come(browser, server, { viewport: { width: 340, height: 640 }, colorScheme: 'dark', reducedMotion: 'reduce' });
    const page = await narrow.open();
    await picture(page, 'narrow-dark-welcome');
    await ask(page);
    await finished(page).waitFor();
    await picture(page, 'narrow-dark');
    await ask(page, kEmergency);
    await finished(page).nth(1).waitFor();
    await picture(page, 'narrow-dark-emergency');
    await holdsItsWidth(page);
    await page.getByRole('button', { name: 'Conversations', exact: true }).click();
    await picture(page, 'narrow-dark-list');
    await holdsItsWidth(page);
    await narrow.leave();
    const wide = await Person.come(browser, server, { colorScheme: 'dark' });
    const dark = await wide.open();
    await ask(dark);
    await finished(dark).waitFor();
    await picture(dark, 'dark');
    await wide.leave();
  });
});

describe('the list of conversations', () => {
  const listed = (page) => page.locator('#conversations li .title');
  const entry = (page, name) => page.locator('#conversations').getByRole('button', { name: new RegExp(`^${name}`) });

  test('has what was said first as a title, and leads back', async () => {
    const page = await person.open();
    assert.equal(await listed(page).count(), 0);
    await ask(page, 'Hello, what can you do?');
    await finished(page).waitFor();
    const greeting = await textOf(page);
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.locator('#welcome').waitFor();
    await ask(page, 'My back hurts.');
    await finished(page).waitFor();
    assert.deepEqual(await listed(page).allTextContents(), ['My back hurts.', 'Hello, what can you do?']);
    await entry(page, 'Hello').click();
    assert.equal(await page.locator('#title').textContent(), 'Hello, what can you do?');
    assert.equal(await textOf(page), greeting);
    assert.equal(await page.locator('[aria-current=page] .title').textContent(), 'Hello, what can you do?');
    await page.reload();
    await live(page);
    assert.equal(await textOf(page), greeting);
  });

  test('shows where an answer is being written or waits to be read', async () => {
    const page = await person.open();
    await ask(page);
    await streams(page);
    await page.keyboard.press('Alt+KeyN');
    await page.locator('#conversations li[data-state=busy]').waitFor();
    await picture(page, 'list-busy');
    await page.locator('#conversations li[data-state=unread]').waitFor();
    await page.locator('#conversations .choose').click();
    await finished(page).waitFor();
    assert.equal(await textOf(page), await loggedAnswer(page));
    await page.locator('#conversations li[data-state=""]').waitFor();
  });

  test('is the same in every tab', async () => {
    const one = await person.open();
    const two = await person.open();
    await ask(one, 'Said in the first tab.');
    await two.getByText('Said in the first tab.').first().waitFor();
    await finished(one).waitFor();
    assert.deepEqual(await listed(two).allTextContents(), ['Said in the first tab.']);
  });

  test('forgets what is removed, and takes it back', async () => {
    const page = await person.open();
    await ask(page, 'To be removed.');
    await finished(page).waitFor();
    const remove = () => page.getByRole('button', { name: /^Remove/ }).click();
    await remove();
    await page.locator('#none-yet').waitFor();
    await page.locator('#welcome').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await entry(page, 'To be removed').click();
    assert.equal(await answers(page).count(), 1);
    await remove();
    await page.reload();
    await live(page);
    assert.equal(await listed(page).count(), 0);
  });

  test('is a drawer on narrow screens, for keys too', async () => {
    const narrow = await Person.come(browser, server, { viewport: { width: 360, height: 640 } });
    const page = await narrow.open();
    await ask(page, 'Hello, what can you do?');
    await finished(page).waitFor();
    const side = page.locator('#side');
    assert.equal(await side.isVisible(), false);
    await page.locator('#menu').press('Enter');
    await side.waitFor();
    await page.waitForFunction(() => document.activeElement.id === 'menu-close');
    await page.keyboard.press('Escape');
    await side.waitFor({ state: 'hidden' });
    await page.waitForFunction(() => document.activeElement.id === 'menu');
    await page.locator('#menu').click();
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.locator('#welcome').waitFor();
    await side.waitFor({ state: 'hidden' });
    await narrow.leave();
  });
});

// `/api/docs` in headless Chromium: it lists what the server runs, asks nobody else, and reads well.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Server, node_packages } from '../harness/server.mjs';
import { Person, holdsItsWidth, launch, picture } from './chromium.mjs';

const { source: axe } = node_packages('axe-core');

let server, browser;
before(async () => {
  server = await Server.start(0);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

async function docs(person) {
  // Whoever is asked besides the server has no answer.
  await person.context.route((url) => url.origin !== server.url, (route) => route.abort());
  const page = await person.visit(`${server.url}/api/docs`);
  await page.locator('#http').waitFor();
  return page;
}

const read = async (path) => (await fetch(server.url + path)).json();

test('lists every path and every route, and nothing else', async () => {
  const person = await Person.come(browser, server);
  const page = await docs(person);
  const openapi = await read('/openapi.json');
  const asyncapi = await read('/asyncapi.json');
  const paths = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  const routes = Object.values(asyncapi.channels).map((channel) => `WS ${channel.address}`);
  assert.ok(paths.includes('GET /api/v1/sessions') && routes.includes('WS /ws/chat/{session_id}'));
  assert.deepEqual(await page.locator('h3').allTextContents(), [...paths, ...routes]);
  assert.deepEqual(await page.locator('#contents a').allTextContents(), [...paths, ...routes]);
  for (const link of await page.locator('#contents a').all()) {
    assert.equal(await page.locator(await link.getAttribute('href')).count(), 1);
  }
  await picture(page, 'docs');
  await person.leave();
});

test('says nothing in source: no backquotes, no empty cells in the heads of its tables', async () => {
  const person = await Person.come(browser, server);
  const page = await docs(person);
  assert.doesNotMatch(await page.locator('body').textContent(), /`|undefined|\[object/);
  assert.deepEqual((await page.locator('th').allTextContents()).filter((text) => text === ''), []);
  await person.leave();
});

for (const [name, options] of [['light', {}], ['dark', { colorScheme: 'dark' }],
                               ['narrow', { viewport: { width: 340, height: 640 } }]]) {
  test(`holds its width and has nothing for axe-core to find, ${name}, with all its frames open`, async () => {
    const person = await Person.come(browser, server, options);
    const page = await docs(person);
    await page.locator('details').evaluateAll((all) => { for (const one of all) one.open = true; });
    await holdsItsWidth(page);
    await page.evaluate(() => document.getElementById('http').scrollIntoView());
    await picture(page, `docs-${name}`);
    // The policy of the page keeps script elements out, but not what the driver evaluates.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes[0].html]), []);
    await person.leave();
  });
}

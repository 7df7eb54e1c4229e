// Headless Chromium, for the tests of this folder: pages whose complaints are kept, and what one looks
// for on the chat page.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import { kPatienceMs, node_packages } from '../harness/server.mjs';

const { chromium } = node_packages('playwright-core');
const kPictures = process.env.CHARTROOM_TEST_OUTPUT ?? 'build/browser';

export const kQuestion = 'I have had a headache and a sore throat for three days, and I do not sleep well.';
export const kEmergency = 'I have crushing chest pain and cannot breathe.';

export function launch() {
  fs.mkdirSync(kPictures, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
           '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

// One person's browser: its storage, its tabs, and what went wrong in them.
export class Person {
  complaints = [];

  static async come(browser, server, options = {}) {
    const person = new Person();
    person.server = server;
    person.context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
    person.context.setDefaultTimeout(kPatienceMs);
    return person;
  }

  // The chat page, or another address of it, once it is live.
  async open(address = `${this.server.url}/`) {
    const page = await this.visit(address);
    await live(page);
    return page;
  }

  async visit(address) {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (line) => {
      // Chromium reports a refused connection itself; the page's own words are what counts, and
      // those of the Content-Security-Policy.
      if (line.type() === 'error' && !line.text().includes('WebSocket connection to')) this.complaints.push(line.text());
    });
    await page.goto(address);
    return page;
  }

  async leave({ complained = false } = {}) {
    await this.context.close();
    if (!complained) assert.deepEqual(this.complaints, []);
  }
}

export const live = (page) => page.locator('#link[data-phase=live]').waitFor();
export const answers = (page) => page.locator('.answer');
export const finished = (page) => page.locator('.answer[data-finish]');
export const textOf = (page, n = 0) => answers(page).nth(n).locator('.text').textContent();
export const sessionOf = (page) => page.evaluate(() => JSON.parse(localStorage.getItem('chartroom.newest')));
export const picture = (page, name) => page.screenshot({ path: path.join(kPictures, `${name}.png`) });

export async function ask(page, text = kQuestion) {
  await page.getByLabel('Your message').fill(text);
  await page.keyboard.press('Enter');
}

export async function streams(page, atLeast = 12) {
  await page.waitForFunction((n) => document.querySelector('.answer.streaming .text')?.textContent.length >= n, atLeast);
}

export async function holdsItsWidth(page) {
  const [inner, content] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
  assert.ok(content <= inner, `${content} px wide on a screen of ${inner}`);
}

// Ends the page's process without a word to the page.
export async function crash(page) {
  const crashed = page.waitForEvent('crash');
  const devtools = await page.context().newCDPSession(page);
  devtools.send('Page.crash').catch(() => {});
  await crashed;
  await page.close();
}

// Draws the items of a conversation into its list: what was said, answers, reports, troubles.
import { arrange, button, element, setText, timeOf } from './dom.mjs';
import { ReportView } from './report_view.mjs';

const kSpeakers = { said: 'Someone else', answer: 'Assistant', report: 'Assistant', trouble: 'Notice' };
const kFinishes = {
  length: 'The answer reached its length limit.',
  cancelled: 'Stopped.',
  interrupted: 'The answer was interrupted and could not go on.',
  error: 'The answer ended with an error.',
};
const kCopiedMs = 2_000;

export class ItemsView {
  #list; #conversation = null; #drawn = new Map(); #items = new Map(); #reports = new Map();
  #dirty = new Set(); #again;

  // again(id): a person wants to edit a refused message.
  constructor(list, again) {
    this.#list = list;
    this.#again = again;
  }

  show(conversation) {
    this.#conversation = conversation;
    this.#list.replaceChildren();
    this.#drawn.clear();
    this.#reports.clear();
    this.#dirty.clear();
  }

  touch(item) { this.#dirty.add(item); }

  draw() {
    const shown = [...this.#conversation.items, ...this.#conversation.pending];
    this.#items = new Map(shown.map((item) => [item.key, item]));
    for (const key of this.#reports.keys()) if (!this.#items.has(key)) this.#reports.delete(key);
    arrange(this.#list, this.#drawn, shown.map(({ key }) => key), (key) => this.#make(key));
    for (const item of this.#dirty) if (this.#drawn.has(item.key)) this.#fill(item);
    this.#dirty.clear();
    return shown.length;
  }

  // Where an item begins, in pixels of the window; undefined if it is not drawn.
  topOf(item) { return this.#drawn.get(item.key)?.getBoundingClientRect().top; }

  #make(key) {
    const item = this.#items.get(key);
    const entry = element('li');
    const who = element('p', 'who');
    who.append(element('span', 'speaker'), ' ', element('time'));
    entry.append(who, element('div', 'text'));
    if (item.kind === 'report') {
      const report = new ReportView();
      this.#reports.set(key, report);
      entry.append(report.node);
    }
    entry.append(element('div', 'note'));
    this.#dirty.add(item);
    return entry;
  }

  #fill(item) {
    const entry = this.#drawn.get(item.key);
    const open = (item.kind === 'answer' || item.kind === 'report') && !item.finish;
    const states = { mine: item.mine, urgent: item.urgent, streaming: open, waiting: this.#conversation.waits(item) };
    entry.className = ['item', item.kind, item.state ?? '', ...Object.keys(states).filter((name) => states[name])]
      .filter(Boolean).join(' ');
    if (item.messageId !== undefined) entry.dataset.messageId = item.messageId;
    if (item.finish) entry.dataset.finish = item.finish;
    const [speaker, time] = entry.querySelector('.who').children;
    setText(speaker, item.mine ? 'You' : kSpeakers[item.kind]);
    if (item.at) {
      time.dateTime = item.at;
      setText(time, timeOf(item.at));
    }
    setText(entry.querySelector('.text'), item.text ?? '');
    this.#reports.get(item.key)?.draw(item);
    this.#fillNote(entry.lastElementChild, item);
  }

  #fillNote(note, item) {
    const parts = [];
    if (item.state === 'sending') parts.push('Sending…');
    if (item.state === 'refused') parts.push(`Not sent: ${item.why}`);
    if (item.status) parts.push(`${item.status}…`);
    if (item.trouble) parts.push(item.trouble);
    else if (kFinishes[item.finish]) parts.push(kFinishes[item.finish]);
    note.textContent = parts.join(' ');
    if (item.state === 'refused') note.append(' ', button('Edit and send again', 'quiet', () => this.#again(item.id)));
    if (item.kind === 'answer' && item.finish && item.text) note.append(this.#copyButton(item));
  }

  #copyButton(item) {
    const copy = button('Copy', 'copy', async () => {
      try {
        await navigator.clipboard.writeText(item.text);
        copy.textContent = 'Copied';
      } catch {
        copy.textContent = 'Not allowed';
      }
      setTimeout(() => { copy.textContent = 'Copy'; }, kCopiedMs);
    });
    copy.setAttribute('aria-label', 'Copy this answer');
    return copy;
  }
}

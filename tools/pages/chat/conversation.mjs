// What a person sees of a session: a fold over its events, without DOM and without socket. Items are
// what was said, answers, reports and troubles; `changed` reports each one that an event touched.
import { Report, isReportEvent } from './report.mjs';

const kItemsMax = 500; // older ones leave the page; the log has them
const kTitleLengthMax = 60;

export class Conversation {
  items = [];     // what the log has, in its order
  pending = [];   // said here, not accepted yet
  emergency = null;
  self = null;    // the name under which the log knows this client, learned from its own messages
  title = null;   // the first thing that was said
  #typing = new Set();
  #nextKey = 1;

  constructor(changed, saved = null) {
    this.changed = changed;
    if (!saved) return;
    this.emergency = saved.emergency;
    this.self = saved.self;
    this.title = saved.title ?? null;
    for (const item of saved.items) this.#add(item.kind === 'report' ? Object.assign(new Report(), item) : item);
  }

  toJSON() {
    const items = this.items.map(({ key, ...rest }) => rest);
    return { items, emergency: this.emergency, self: this.self, title: this.title };
  }

  clear() {
    this.items = [];
    this.emergency = null;
    this.#typing.clear();
    this.changed(null);
  }

  // One event of the session.
  apply(event) {
    const data = event.data ?? {};
    if (isReportEvent(event.type)) return this.#report(event, data);
    switch (event.type) {
      case 'message': return this.#message(event, data);
      case 'stream_start': this.#answer(event, data); return;
      case 'status': return this.#status(event, data);
      case 'token': return this.#token(event, data);
      case 'stream_end': return this.#end(event, data);
      case 'emergency': return this.#emergency(event, data);
      case 'typing': return this.#onTyping(data);
      case 'error': return this.#trouble(event, data);
      case 'echo': case 'broadcast':
        return this.#addWhole(event, typeof data.content === 'string' ? data.content : JSON.stringify(data));
      case 'erased': return this.#addWhole(event, '(erased)');
    }
  }

  // A message leaves this page.
  said(id, text) {
    const item = this.#made({ kind: 'said', id, text, mine: true, state: 'sending', at: new Date().toISOString() });
    this.pending.push(item);
    this.title ??= titleOf(text);
    this.changed(item);
  }

  accepted(id, offset) {
    const item = this.#takePending(id);
    if (!item) return;
    const known = this.#find('said', offset);
    if (known) {
      known.mine = true;
      this.self ??= known.sender ?? null;
      this.changed(known);
    } else {
      item.cause = offset;
      item.state = 'sent';
      this.#add(item);
    }
    this.changed(item);
  }

  refused(id, why) {
    const item = this.pending.find((candidate) => candidate.id === id);
    if (!item) return;
    item.state = 'refused';
    item.why = why;
    this.changed(item);
  }

  // Takes a refused message off the page and returns its text.
  withdraw(id) {
    const item = this.#takePending(id);
    if (item) this.changed(item);
    return item?.text;
  }

  // Whether an answer to `item` is on its way but has no words yet.
  waits(item) {
    return item.kind === 'said' && item.mine && item.state === 'sent' && !item.answered;
  }

  // The turns that are open, oldest first, by the offset of what began them.
  openTurns() {
    return this.items
      .filter((item) => this.waits(item) || ((item.kind === 'answer' || item.kind === 'report') && !item.finish))
      .map((item) => item.cause);
  }

  get typists() { return this.#typing.size; }

  forgetTyping() {
    this.#typing.clear();
    this.changed(null);
  }

  #message(event, data) {
    let item = this.#find('said', event.cause);
    const mine = item?.mine || (this.self !== null && data.sender === this.self);
    if (!item) item = this.#add({ kind: 'said', cause: event.cause, state: 'sent', mine });
    Object.assign(item, { text: data.content, sender: data.sender, at: event.at, mine });
    if (data.message_type === 'note') item.answered = true; // published, not answered
    if (mine) this.self ??= data.sender ?? null;
    this.title ??= titleOf(data.content);
    this.#typing.delete(String(data.sender));
    this.changed(item);
  }

  #answer(event, data) {
    const found = this.items.findLast((item) => item.kind === 'answer' && item.messageId === data.message_id);
    if (found) return found;
    this.#wasAnswered(event);
    const item = this.#add({ kind: 'answer', cause: event.cause, messageId: data.message_id,
                             at: event.at, text: '', finish: null });
    if (this.emergency && this.emergency.cause === event.cause) item.urgent = true;
    this.changed(item);
    return item;
  }

  #status(event, data) {
    const item = this.#answer(event, data);
    item.status = data.details?.text ?? String(data.status ?? '').replaceAll('_', ' ');
    this.changed(item);
  }

  #token(event, data) {
    const item = this.#answer(event, data);
    item.text += data.content;
    item.status = undefined;
    this.changed(item);
  }

  #end(event, data) {
    const item = this.#answer(event, data);
    Object.assign(item, { text: data.content, finish: data.finish, status: undefined });
    this.changed(item);
  }

  #report(event, data) {
    this.#wasAnswered(event);
    const report = this.#find('report', event.cause) ?? this.#add(new Report(event));
    report.apply(event.type, data);
    this.title ??= report.title;
    this.changed(report);
  }

  #emergency(event, data) {
    const { level, message, matched } = data;
    this.emergency = { level, message, matched, cause: event.cause, offset: event.offset };
    const answer = this.#find('answer', event.cause) ?? this.#find('report', event.cause);
    if (answer) answer.urgent = true;
    this.changed(answer ?? null);
  }

  #onTyping({ user, is_typing: isTyping }) {
    if (isTyping) this.#typing.add(String(user));
    else this.#typing.delete(String(user));
    this.changed(null);
  }

  // Inside a stream an error is followed by the stream's end; alone it is all that there is.
  #trouble(event, data) {
    this.#wasAnswered(event);
    const report = this.#find('report', event.cause);
    if (report && !report.finish) report.finish = 'error';
    const answer = data.message_id === undefined ? report : this.#answer(event, data);
    const item = answer ?? this.#add({ kind: 'trouble', cause: event.cause, at: event.at });
    item.trouble = data.message ?? data.code;
    this.changed(item);
  }

  #addWhole(event, text) {
    this.#wasAnswered(event);
    const item = this.#add({ kind: 'answer', cause: event.cause, at: event.at, text, finish: 'stop' });
    this.changed(item);
  }

  #wasAnswered({ cause }) {
    const question = this.#find('said', cause);
    if (!question || question.answered) return;
    question.answered = true;
    this.changed(question);
  }

  #find(kind, cause) {
    return this.items.findLast((item) => item.kind === kind && item.cause === cause);
  }

  #takePending(id) {
    const index = this.pending.findIndex((item) => item.id === id);
    return index < 0 ? null : this.pending.splice(index, 1)[0];
  }

  #made(item) {
    item.key = this.#nextKey++;
    return item;
  }

  #add(item) {
    this.#made(item);
    this.items.push(item);
    if (this.items.length > kItemsMax) this.items.shift();
    return item;
  }
}

function titleOf(text) {
  const line = String(text ?? '').trim().split('\n')[0];
  return line.length > kTitleLengthMax ? `${line.slice(0, kTitleLengthMax - 1).trimEnd()}…` : line || null;
}

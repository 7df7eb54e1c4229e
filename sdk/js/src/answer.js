// What becomes of one message: the events of its turn, the text among them, and its end. An answer
// keeps what came, so a loop may begin late and several may run; each is a cursor into it.
import { ChartroomError, errorOf } from './errors.js';

const kEndings = ['stream_end', 'complete'];

let drive;

export class Answer {
  #id; #port; #until; #max; #cause; #text = ''; #events = []; #trouble = null;
  #result = null; #error = null; #waiting = []; #accepted; #done; #cancelled = false;

  static { drive = (answer) => answer.#drive(); }

  // port {cancel(answer)}; options {until, max}.
  constructor(id, port, { until = kEndings, max }) {
    this.#id = id;
    this.#port = port;
    this.#until = typeof until === 'string' ? [until] : until;
    this.#max = max;
    this.#accepted = deferred();
    this.#done = deferred();
  }

  get id() { return this.#id; }
  get cause() { return this.#cause; }
  get text() { return this.#text; }
  get ended() { return this.#result !== null || this.#error !== null; }
  get accepted() { return this.#accepted.promise; }
  get done() { return this.#done.promise; }

  cancel() {
    if (this.ended || this.#cancelled) return;
    this.#cancelled = true;
    this.#port.cancel(this);
  }

  async *[Symbol.asyncIterator]() {
    let shown = 0;
    while (true) {
      const text = this.#text;
      if (text.length > shown) {
        yield text.slice(shown);
        shown = text.length;
      } else if (this.ended) {
        if (this.#error) throw this.#error;
        return;
      } else {
        await this.#news();
      }
    }
  }

  async *events() {
    for (let next = 0; ; ) {
      if (next < this.#events.length) {
        yield this.#events[next++];
      } else if (this.ended) {
        if (this.#error) throw this.#error;
        return;
      } else {
        await this.#news();
      }
    }
  }

  #news() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #drive() {
    return {
      cancelled: () => this.#cancelled,
      accept: (accepted) => {
        this.#cause = accepted.offset;
        this.#accepted.resolve(accepted);
      },
      event: (event) => this.#event(event),
      fail: (error) => this.#fail(error),
      abort: (reason) => this.#abort(reason),
    };
  }

  #event(event) {
    if (this.ended) return;
    if (this.#events.length >= this.#max) {
      return this.#fail(new ChartroomError('overflow', `an answer of more than ${this.#max} events`));
    }
    this.#events.push(event);
    const data = event.data ?? {};
    if (event.type === 'token') this.#text += data.content ?? '';
    if (event.type === 'error') this.#trouble = errorOf(data);
    if (event.type === 'error' && data.message_id === undefined) return this.#fail(this.#trouble);
    if (event.type === 'stream_end' && data.finish === 'error') {
      return this.#fail(this.#trouble ?? new ChartroomError('plugin_failed', 'the answer failed'));
    }
    if (this.#until.includes(event.type)) return this.#finish(event, data);
    this.#wake();
  }

  #finish(event, data) {
    // One that was taken up in the middle lacks its beginning; only the end has the whole.
    const whole = event.type === 'stream_end' ? data.content ?? '' : this.#text;
    if (whole.startsWith(this.#text)) this.#text = whole;
    this.#result = { event, text: whole, finish: data.finish ?? 'stop' };
    if (data.usage !== undefined) this.#result.usage = data.usage;
    if (data.result !== undefined) this.#result.result = data.result;
    this.#done.resolve(this.#result);
    this.#wake();
  }

  // Nobody listens any more: the loops end at once, the server is asked to stop.
  #abort(reason) {
    if (this.ended) return;
    const asked = this.#cancelled;
    this.#cancelled = true;
    this.#fail(reason);
    if (!asked) this.#port.cancel(this);
  }

  #fail(error) {
    if (this.ended) return;
    this.#error = error;
    this.#accepted.reject(error);
    this.#done.reject(error);
    this.#wake();
  }
}

// A promise whose rejection nobody has to look at: the loop, or the session's events, tell it too.
export function deferred() {
  let resolve, reject;
  const promise = new Promise((yes, no) => { resolve = yes; reject = no; });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

// The session's side of an answer: {cancelled(), accept(accepted), event(event), fail(error), abort(reason)}.
export { drive };

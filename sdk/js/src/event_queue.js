// Between a session that is told things and a `for await` loop that takes them: a bounded queue.
// Over its bound the loop gets an error instead of a silent hole.
import { ChartroomError } from './errors.js';

export class EventQueue {
  #items = []; #max; #taker = null; #ended = false; #error = null; #onEnd;

  constructor(max, onEnd = () => {}) {
    this.#max = max;
    this.#onEnd = onEnd;
  }

  push(item) {
    if (this.#ended) return;
    if (this.#taker) return this.#settle({ value: item, done: false });
    if (this.#items.length >= this.#max) {
      this.#items = [];
      return this.end(new ChartroomError('overflow', `${this.#max} events wait; the loop is too slow for them`));
    }
    this.#items.push(item);
  }

  // No more will come; what waits is still taken. With an error the loop ends by throwing it.
  end(error = null) {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#onEnd(this);
    if (this.#taker) this.#settle(null);
  }

  next() {
    if (this.#items.length > 0) return Promise.resolve({ value: this.#items.shift(), done: false });
    if (this.#ended) return this.#last();
    if (this.#taker) return Promise.reject(new TypeError('one loop at a time'));
    return new Promise((resolve, reject) => { this.#taker = { resolve, reject }; });
  }

  // The loop was left.
  return(value) {
    this.#items = [];
    this.end();
    return Promise.resolve({ value, done: true });
  }

  [Symbol.asyncIterator]() { return this; }

  #settle(result) {
    const taker = this.#taker;
    this.#taker = null;
    if (result) taker.resolve(result);
    else this.#last().then(taker.resolve, taker.reject);
  }

  #last() {
    const error = this.#error;
    this.#error = null;
    return error ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true });
  }
}

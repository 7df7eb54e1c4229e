// Which events belong to which answer. An event names the offset of the message that caused it, but
// a client learns that offset with `accepted`, which a cut may delay until after the events: while a
// question waits for it, events of unknown cause are kept.
import { ChartroomError } from './errors.js';

export class Turns {
  #asked = new Map();    // by message id: not accepted yet
  #answers = new Map();  // by cause: accepted, not ended
  #early = new Map();    // by cause: events that came before their `accepted`
  #earlyCount = 0; #lostBefore = 0; #max;

  constructor(max) { this.#max = max; }

  get size() { return this.#asked.size + this.#answers.size; }
  get(id) { return this.#asked.get(id); }
  of(cause) { return this.#answers.get(cause)?.answer; }

  // entry {answer, driver}.
  ask(entry) { this.#asked.set(entry.answer.id, entry); }

  attach(cause, entry) {
    entry.driver.accept({ offset: cause, duplicate: true });
    this.#answers.set(cause, entry);
  }

  // Returns the entry of the question, if it was one.
  accepted(id, accepted) {
    const entry = this.#asked.get(id);
    if (!entry) return undefined;
    this.#asked.delete(id);
    entry.driver.accept(accepted);
    this.#answers.set(accepted.offset, entry);
    if (accepted.offset < this.#lostBefore) {
      entry.driver.fail(new ChartroomError('overflow', 'the beginning of this answer was not kept'));
    }
    for (const event of this.#early.get(accepted.offset) ?? []) entry.driver.event(event);
    this.#settle(accepted.offset, entry);
    if (this.#asked.size === 0) this.#forgetEarly();
    return entry;
  }

  refused(id, error) {
    this.#asked.get(id)?.driver.fail(error);
    this.#asked.delete(id);
    if (this.#asked.size === 0) this.#forgetEarly();
  }

  event(event) {
    if (event.cause === undefined) return;
    const entry = this.#answers.get(event.cause);
    if (entry) {
      entry.driver.event(event);
      this.#settle(event.cause, entry);
    } else if (this.#asked.size > 0) {
      this.#keep(event);
    }
  }

  // The log was replaced under the answers; questions that were not accepted are asked of the new one.
  reset(error) {
    for (const { driver } of this.#answers.values()) driver.fail(error);
    this.#answers.clear();
    this.#forgetEarly();
    this.#lostBefore = 0;
  }

  end(error) {
    for (const { driver } of [...this.#asked.values(), ...this.#answers.values()]) driver.fail(error);
    this.#asked.clear();
    this.#answers.clear();
    this.#forgetEarly();
  }

  #settle(cause, { answer }) {
    if (answer.ended) this.#answers.delete(cause);
  }

  #keep(event) {
    if (this.#earlyCount >= this.#max) {
      this.#lostBefore = Math.max(...this.#early.keys()) + 1;
      this.#forgetEarly();
    }
    const events = this.#early.get(event.cause);
    if (events) events.push(event);
    else this.#early.set(event.cause, [event]);
    ++this.#earlyCount;
  }

  #forgetEarly() {
    this.#early.clear();
    this.#earlyCount = 0;
  }
}

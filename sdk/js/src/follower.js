// A cursor into a session's log: where this client is, how it asks to go on from there, and whether
// what comes next is what comes next. No socket, no timer.
export class Follower {
  #asked; #session; #epoch; #offset; #serverEpoch; #expected = null;

  // cursor {session, epoch?, offset?}: an offset says "what came after it", none says "from now on".
  constructor({ session, epoch, offset }) {
    this.#asked = session;
    this.#session = session;
    this.#epoch = epoch;
    this.#offset = offset;
  }

  get session() { return this.#session; }
  get epoch() { return this.#epoch; }
  get offset() { return this.#offset; }
  // The epoch that the server is in: another one than the cursor's until the reset has been told.
  get serverEpoch() { return this.#serverEpoch; }

  answersTo(name) {
    return name === this.#session || name === this.#asked;
  }

  // The fields of a frame that asks to follow.
  asks() {
    const fields = { session: this.#session };
    if (this.#offset !== undefined) fields.after = this.#offset;
    if (this.#offset !== undefined && this.#epoch !== undefined) fields.epoch = this.#epoch;
    return fields;
  }

  // The answer to asks(). If it is another log's, a reset follows, and not before that does the cursor
  // move: a connection that is cut in between would resume in a past that is not its own.
  opened(frame) {
    this.#session = frame.session;
    this.#serverEpoch = frame.epoch;
    if (this.#offset === undefined) this.#epoch = frame.epoch;
    this.#epoch ??= frame.epoch;
    this.#offset ??= frame.head;
    this.#expected = this.#offset;
  }

  // What was known is not this log's past. The first frame that follows says where its past begins.
  reset(frame) {
    this.#epoch = frame.epoch;
    this.#offset = Math.max(0, frame.first - 1);
    this.#expected = null;
  }

  // Moves on to an event or a position. False: something before it is missing, and nothing moved.
  advance({ offset, prev }) {
    if (this.#expected !== null && prev !== this.#expected) return false;
    this.#offset = offset;
    this.#expected = offset;
    return true;
  }
}

// What a person sees of a session: a fold over its events, without DOM and without socket. Items
// are what was said, answers, and troubles; `changed` reports each one that an event touched.

const kItemsMax = 500; // older ones leave the page; the log has them

export class Conversation {
  items = [];     // what the log has, in its order
  pending = [];   // said here, not accepted yet
  emergency = null;
  self = null;    // the name under which the log knows this client, learned from its own messages
  #typing = new Set();
  #next_key = 1;

  constructor(changed, saved = null) {
    this.changed = changed;
    if (!saved) return;
    this.emergency = saved.emergency;
    this.self = saved.self;
    for (const item of saved.items) this.#add(item);
  }

  toJSON() {
    const items = this.items.map(({ key, ...rest }) => rest);
    return { items, emergency: this.emergency, self: this.self };
  }

  clear() {
    this.items = [];
    this.emergency = null;
    this.#typing.clear();
    this.changed(null);
  }

  // One event frame of the session.
  apply(frame) {
    const data = frame.data ?? {};
    switch (frame.type) {
      case 'message': return this.#message(frame, data);
      case 'stream_start': this.#answer(frame, data); return;
      case 'status': return this.#status(frame, data);
      case 'token': return this.#token(frame, data);
      case 'stream_end': return this.#end(frame, data);
      case 'emergency': return this.#emergency(frame, data);
      case 'typing': return this.#on_typing(data);
      case 'error': return this.#trouble(frame, data);
      case 'echo': case 'broadcast':
        return this.#add_whole(frame, typeof data.content === 'string' ? data.content : JSON.stringify(data));
      case 'erased': return this.#add_whole(frame, '(erased)');
    }
  }

  // A message leaves this page.
  said(client_id, text) {
    const item = this.#made({ kind: 'said', client_id, text, mine: true, state: 'sending' });
    this.pending.push(item);
    this.changed(item);
  }

  accepted(client_id, offset) {
    const item = this.#take_pending(client_id);
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

  refused(client_id, text) {
    const item = this.pending.find((candidate) => candidate.client_id === client_id);
    if (!item) return;
    item.state = 'refused';
    item.why = text;
    this.changed(item);
  }

  // Takes a refused message off the page and returns its text.
  withdraw(client_id) {
    const item = this.#take_pending(client_id);
    if (item) this.changed(item);
    return item?.text;
  }

  // Whether an answer to `item` is on its way but has no words yet.
  waits(item) {
    return item.kind === 'said' && item.mine && item.state === 'sent' && !item.answered;
  }

  // The turns that are open, oldest first, by the offset of what began them.
  open_turns() {
    return this.items
      .filter((item) => this.waits(item) || (item.kind === 'answer' && !item.finish))
      .map((item) => item.cause);
  }

  get someone_types() { return this.#typing.size > 0; }

  forget_typing() {
    this.#typing.clear();
    this.changed(null);
  }

  #message(frame, data) {
    let item = this.#find('said', frame.cause);
    const mine = item?.mine || (this.self !== null && data.sender === this.self);
    if (!item) item = this.#add({ kind: 'said', cause: frame.cause, state: 'sent', mine });
    Object.assign(item, { text: data.content, sender: data.sender, at: frame.at, mine });
    if (mine) this.self ??= data.sender ?? null;
    this.#typing.delete(String(data.sender));
    this.changed(item);
  }

  #answer(frame, data) {
    const found = this.items.findLast((item) => item.kind === 'answer' && item.message_id === data.message_id);
    if (found) return found;
    const question = this.#find('said', frame.cause);
    if (question) question.answered = true;
    const item = this.#add({ kind: 'answer', cause: frame.cause, message_id: data.message_id,
                             at: frame.at, text: '', finish: null });
    if (this.emergency && this.emergency.cause === frame.cause) item.urgent = true;
    this.changed(item);
    return item;
  }

  #status(frame, data) {
    const item = this.#answer(frame, data);
    item.status = data.details?.text ?? String(data.status ?? '').replaceAll('_', ' ');
    this.changed(item);
  }

  #token(frame, data) {
    const item = this.#answer(frame, data);
    item.text += data.content;
    item.status = undefined;
    this.changed(item);
  }

  #end(frame, data) {
    const item = this.#answer(frame, data);
    Object.assign(item, { text: data.content, finish: data.finish, status: undefined });
    this.changed(item);
  }

  #emergency(frame, data) {
    const { level, message, matched } = data;
    this.emergency = { level, message, matched, cause: frame.cause, offset: frame.offset };
    const answer = this.#find('answer', frame.cause);
    if (answer) answer.urgent = true;
    this.changed(answer ?? null);
  }

  #on_typing({ user, is_typing }) {
    if (is_typing) this.#typing.add(String(user));
    else this.#typing.delete(String(user));
    this.changed(null);
  }

  // Inside a stream an error is followed by the stream's end; alone it is all that there is.
  #trouble(frame, data) {
    const question = this.#find('said', frame.cause);
    if (question) question.answered = true;
    const answer = data.message_id === undefined ? null : this.#answer(frame, data);
    const item = answer ?? this.#add({ kind: 'trouble', cause: frame.cause, at: frame.at });
    item.trouble = data.message ?? data.code;
    this.changed(item);
  }

  #add_whole(frame, text) {
    const item = this.#add({ kind: 'answer', cause: frame.cause, at: frame.at, text, finish: 'stop' });
    this.changed(item);
  }

  #find(kind, cause) {
    return this.items.findLast((item) => item.kind === kind && item.cause === cause);
  }

  #take_pending(client_id) {
    const index = this.pending.findIndex((item) => item.client_id === client_id);
    return index < 0 ? null : this.pending.splice(index, 1)[0];
  }

  #made(item) {
    item.key = this.#next_key++;
    return item;
  }

  #add(item) {
    this.#made(item);
    this.items.push(item);
    if (this.items.length > kItemsMax) this.items.shift();
    return item;
  }
}

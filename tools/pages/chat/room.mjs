// One conversation that this tab follows: its session, what is shown of it, and what is kept.
import { Conversation } from './conversation.mjs';
import { keepOwnName, list, loadSnapshot, participant, saveSnapshot } from './store.mjs';

const kSaveEveryMs = 500;
const kAcknowledgeEveryMs = 1_000;
const kTypingEveryMs = 3_000;   // repeats while a person types; the server forgets after 6 s
const kTypingIdleMs = 4_000;

export class Room {
  dismissed = 0;  // the offset of the emergency that was waved away
  unread = false;
  missed = 0;     // events that came meanwhile, between a reload or a cut and being live again
  #hooks; #saveTimer = null; #ackTimer = null; #acknowledged = 0; #typingSaidAt = 0; #typingTimer = null;

  // name: of a session, or nothing for a new one. hooks {changed(room, item), reset(room, reason),
  //   left(room, error)}.
  constructor(client, name, hooks) {
    this.#hooks = hooks;
    const saved = name ? loadSnapshot(name) : null;
    this.wasKept = saved !== null;
    this.dismissed = saved?.dismissed ?? 0;
    this.conversation = new Conversation((item) => hooks.changed(this, item), saved?.conversation);
    this.conversation.self ??= participant().name ?? null;
    this.session = client.session(saved?.cursor ?? (name ? { session: name, offset: 0 } : {}));
    for (const { id, type, data } of this.session.pending) this.conversation.said(id, data.content ?? `(${type})`);
    this.#listen();
  }

  get name() { return this.session.name; }
  get live() { return this.session.phase === 'live'; }
  get busy() { return this.conversation.openTurns().length > 0; }

  say(text) { return this.ask({ type: 'chat', data: { content: text }, text }); }

  // text: how it stands in the conversation. False: too much waits already.
  ask({ type, data, text }) {
    const sent = this.session.send(type, data);
    sent.catch(() => {}); // the page is told by `refused`
    if (!this.session.pending.some(({ id }) => id === sent.id)) return false;
    this.typing(false);
    this.conversation.said(sent.id, text);
    this.#enlist();
    return true;
  }

  stop() {
    const cause = this.conversation.openTurns().at(-1);
    if (cause !== undefined) this.session.cancel(cause);
  }

  // While a person types, the others are told now and then, and once when they stop.
  typing(isTyping) {
    clearTimeout(this.#typingTimer);
    if (!isTyping) {
      if (this.#typingSaidAt) this.session.whisper('typing', { is_typing: false });
      this.#typingSaidAt = 0;
      return;
    }
    this.#typingTimer = setTimeout(() => this.typing(false), kTypingIdleMs);
    if (Date.now() - this.#typingSaidAt < kTypingEveryMs) return;
    this.#typingSaidAt = Date.now();
    this.session.whisper('typing', { is_typing: true });
  }

  // A person sees the end of it.
  seen() {
    this.unread = false;
    this.#ackTimer ??= setTimeout(() => {
      this.#ackTimer = null;
      const { offset } = this.session.cursor;
      if (document.visibilityState !== 'visible' || !(offset > this.#acknowledged)) return;
      if (this.session.ack(offset)) this.#acknowledged = offset;
    }, kAcknowledgeEveryMs);
  }

  dismiss() {
    this.dismissed = this.conversation.emergency?.offset ?? 0;
    this.save();
  }

  save() {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = null;
    if (this.conversation.items.length === 0 && this.conversation.pending.length === 0) return;
    saveSnapshot({ cursor: this.session.cursor, conversation: this.conversation.toJSON(), dismissed: this.dismissed });
  }

  leave() {
    this.save();
    this.typing(false);
    clearTimeout(this.#ackTimer);
    this.session.leave();
  }

  #listen() {
    const { session, conversation } = this;
    session.on('event', (event) => {
      conversation.apply(event);
      if (session.phase === 'catching up') ++this.missed;
      if (event.type === 'message' && conversation.self) keepOwnName(conversation.self);
      if (event.type === 'message' || event.type === 'stream_end' || event.type === 'complete') this.unread = true;
      if (event.type === 'message' || event.type === 'complete') this.#enlist(Date.parse(event.at));
      this.#saveSoon();
    });
    session.on('accepted', ({ id, offset }) => {
      conversation.accepted(id, offset);
      if (conversation.self) keepOwnName(conversation.self);
      this.#saveSoon();
    });
    session.on('refused', ({ id, error }) => { conversation.refused(id, error.message); this.#saveSoon(); });
    session.on('live', () => this.#hooks.changed(this, null));
    session.on('opened', () => {
      this.missed = 0;
      conversation.forgetTyping();
    });
    session.on('reset', ({ reason }) => {
      conversation.clear();
      this.dismissed = 0;
      this.#hooks.reset(this, reason);
      this.#saveSoon();
    });
    session.on('left', ({ error }) => { if (error) this.#hooks.left(this, error); });
  }

  #saveSoon() {
    this.#saveTimer ??= setTimeout(() => this.save(), kSaveEveryMs);
  }

  // On the list stands what something was said in, by the time of the last that was said.
  #enlist(at = Date.now()) {
    list({ session: this.name, title: this.conversation.title, at });
    this.#hooks.changed(this, null);
  }
}

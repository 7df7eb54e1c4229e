// The page around the list of conversations and the items: header, banners, composer, scrolling,
// keys. It draws a room and the connection's state, and tells its owner what a person did. Changes
// are gathered and drawn once a frame.
import { byId, setText } from './dom.mjs';
import { ItemsView } from './items_view.mjs';
import { ListView } from './list_view.mjs';

const kNearBottomPx = 80;
const kRevealPaddingPx = 12;

export class View {
  #room = null; #items; #list; #planned = false; #spoken = new Set(); #noticeTimer = null; #drafts = new Map();

  // acts {send(text) -> bool, stop(), fresh(), share(), choose(session), remove(session), again(id),
  //   typing(bool), dismissed(), shown(), entries() -> [], stateOf(session)}.
  constructor(acts) {
    this.acts = acts;
    this.#items = new ItemsView(byId('conversation'), (id) => acts.again(id));
    this.#list = new ListView({ choose: (session) => acts.choose(session), remove: (session) => acts.remove(session) });
    this.#wireComposer();
    this.#wireButtons();
    this.#wireScrolling();
  }

  // Turns to another room; what was being written in the one before stays with it.
  show(room) {
    if (this.#room) this.#drafts.set(this.#room, this.text);
    this.#room = room;
    this.#items.show(room.conversation);
    this.#list.close();
    this.text = this.#drafts.get(room) ?? '';
    this.#spoken = new Set(room.conversation.items);
    byId('announcer').textContent = '';
    this.touch(room, null);
    this.#draw();
    this.toLatest();
  }

  // Something of a room changed; `item` is null where no single item did.
  touch(room, item) {
    if (item && room === this.#room) this.#items.touch(item);
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => this.#draw());
  }

  // All that the log had is there: what ends from now on is news, to be read aloud.
  caughtUp() {
    for (const item of this.#room.conversation.items) if (item.finish) this.#spoken.add(item);
  }

  link(phase, text) {
    byId('link').dataset.phase = phase;
    byId('link-text').textContent = text;
  }

  // A line under the header; `action` {label, run} gives it a button, `forMs` makes it leave.
  notice(text, { action, forMs } = {}) {
    clearTimeout(this.#noticeTimer);
    byId('notice').hidden = !text;
    byId('notice-text').textContent = text ?? '';
    const button = byId('notice-action');
    button.hidden = !action;
    button.textContent = action?.label ?? '';
    button.onclick = action?.run ?? null;
    if (forMs) this.#noticeTimer = setTimeout(() => this.notice(null), forMs);
  }

  get text() { return byId('text').value; }
  set text(value) {
    byId('text').value = value;
    this.#composerChanged();
  }

  focus() { byId('text').focus(); }

  #draw() {
    this.#planned = false;
    const { conversation } = this.#room;
    const followed = this.#isNearBottom();
    const count = this.#items.draw();
    byId('welcome').hidden = count > 0;
    setText(byId('title'), conversation.title ?? 'New conversation');
    document.title = conversation.title ? `${conversation.title} – Chartroom` : 'Chartroom';
    byId('typing').textContent = typistsText(conversation.typists);
    byId('stop').hidden = conversation.openTurns().length === 0;
    this.#drawEmergency();
    this.#list.draw(this.acts.entries(), this.#room.name, (session) => this.acts.stateOf(session));
    if (followed) this.toLatest();
    this.#announce(followed);
    this.#scrolled();
    this.acts.shown();
  }

  #drawEmergency() {
    const { conversation: { emergency }, dismissed } = this.#room;
    const hidden = !emergency || emergency.offset <= dismissed;
    byId('emergency').hidden = hidden;
    if (hidden) return;
    setText(byId('emergency-level'), String(emergency.level || 'emergency').replaceAll('_', ' '));
    setText(byId('emergency-text'), emergency.message ?? '');
  }

  // Reads a whole answer when it has ended; a stream of tokens would never let a person listen.
  // A report is read from its beginning, by whoever followed it to its end.
  #announce(followed) {
    if (!this.#room.live) return;
    for (const item of this.#room.conversation.items) {
      if (!item.finish || this.#spoken.has(item)) continue;
      this.#spoken.add(item);
      if (item.kind === 'report' && followed) this.#reveal(item);
      byId('announcer').textContent = item.kind === 'report' ? `${item.title}: done.` : item.text;
    }
  }

  #wireComposer() {
    const text = byId('text');
    text.addEventListener('input', () => {
      this.#composerChanged();
      this.acts.typing(text.value !== '');
    });
    text.addEventListener('blur', () => this.acts.typing(false));
    text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    byId('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  #submit() {
    const text = this.text.trim();
    if (!text || !this.acts.send(text)) return;
    this.text = '';
    this.focus();
    this.toLatest();
  }

  // Enables sending and lets the box grow with its lines (style.css bounds it).
  #composerChanged() {
    const text = byId('text');
    byId('send').disabled = text.value.trim() === '';
    text.rows = Math.min(8, text.value.split('\n').length);
  }

  #wireButtons() {
    byId('stop').addEventListener('click', () => { this.acts.stop(); this.focus(); });
    byId('fresh').addEventListener('click', () => { this.acts.fresh(); this.#list.close(); this.focus(); });
    byId('share').addEventListener('click', () => this.acts.share());
    byId('emergency-dismiss').addEventListener('click', () => {
      this.acts.dismissed();
      this.touch(this.#room, null);
      this.focus();
    });
    for (const button of byId('suggestions').querySelectorAll('button')) {
      button.addEventListener('click', () => { this.text = button.textContent; this.#submit(); });
    }
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing && !byId('forms').open) this.acts.stop();
      if (event.altKey && event.code === 'KeyN') { event.preventDefault(); this.acts.fresh(); this.focus(); }
    });
  }

  #wireScrolling() {
    byId('scroller').addEventListener('scroll', () => this.#scrolled(), { passive: true });
    byId('latest').addEventListener('click', () => { this.toLatest(); this.focus(); });
  }

  #isNearBottom() {
    const { scrollHeight, scrollTop, clientHeight } = byId('scroller');
    return scrollHeight - scrollTop - clientHeight < kNearBottomPx;
  }

  #reveal(item) {
    const scroller = byId('scroller');
    const top = this.#items.topOf(item) ?? 0;
    scroller.scrollTop += top - scroller.getBoundingClientRect().top - kRevealPaddingPx;
  }

  // To where the next thing appears.
  toLatest() { byId('scroller').scrollTop = byId('scroller').scrollHeight; }

  #scrolled() { byId('latest').hidden = this.#isNearBottom(); }
}

function typistsText(count) {
  if (count === 0) return '';
  return count === 1 ? 'Someone is typing…' : `${count} people are typing…`;
}

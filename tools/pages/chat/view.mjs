// The page's DOM: draws a Conversation and the connection's state, and tells its owner what a
// person did. Text reaches the document through text nodes only. Changes are gathered and drawn
// once a frame.

const kNearBottomPx = 80;
const kSpeakers = { said: 'Someone else', answer: 'Assistant', trouble: 'Notice' };
const kFinishes = {
  length: 'The answer reached its length limit.',
  cancelled: 'Stopped.',
  interrupted: 'The answer was interrupted and could not go on.',
  error: 'The answer ended with an error.',
};

const by_id = (id) => document.getElementById(id);

function element(tag, class_name, text) {
  const made = document.createElement(tag);
  if (class_name) made.className = class_name;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Grows the one text node of `target` where the new text continues the old one, so that a stream
// of tokens costs what it adds.
function set_text(target, text) {
  const node = target.firstChild ?? target.appendChild(document.createTextNode(''));
  if (text.length > node.length && text.startsWith(node.data)) node.appendData(text.slice(node.length));
  else if (node.data !== text) node.data = text;
}

export class View {
  #conversation; #drawn = new Map(); #dirty = new Set(); #planned = false;
  #spoken = new Set(); #live = false; #dismissed = 0; #notice_timer = null;

  // acts {send(text) -> bool, stop(), fresh(), share(), retry(), again(client_id), typing(bool),
  //   dismissed(offset), shown()}.
  constructor(conversation, acts) {
    this.#conversation = conversation;
    this.acts = acts;
    this.#wire_composer();
    this.#wire_buttons();
    this.#wire_scrolling();
  }

  // Something of the conversation changed; `item` is null where no single item did.
  touch(item) {
    if (item) this.#dirty.add(item);
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => this.#draw());
  }

  set dismissed(offset) { this.#dismissed = offset; }

  // Whether what arrives now is news (to be read aloud) rather than history.
  set live(live) {
    this.#live = live;
    if (live) for (const item of this.#conversation.items) if (item.finish) this.#spoken.add(item);
  }

  link(phase, text) {
    by_id('link').dataset.phase = phase;
    by_id('link-text').textContent = text;
  }

  // A line under the header; `action` {label, run} gives it a button, `for_ms` makes it leave.
  notice(text, { action, for_ms } = {}) {
    clearTimeout(this.#notice_timer);
    by_id('notice').hidden = !text;
    by_id('notice-text').textContent = text ?? '';
    const button = by_id('notice-action');
    button.hidden = !action;
    button.textContent = action?.label ?? '';
    button.onclick = action?.run ?? null;
    if (for_ms) this.#notice_timer = setTimeout(() => this.notice(null), for_ms);
  }

  get text() { return by_id('text').value; }
  set text(value) {
    by_id('text').value = value;
    this.#composer_changed();
  }

  focus() { by_id('text').focus(); }

  #draw() {
    this.#planned = false;
    const scroller = by_id('scroller');
    const followed = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < kNearBottomPx;
    const shown = [...this.#conversation.items, ...this.#conversation.pending];
    this.#place(shown);
    for (const item of this.#dirty) if (this.#drawn.has(item.key)) this.#fill(item);
    this.#dirty.clear();
    by_id('welcome').hidden = shown.length > 0;
    by_id('typing').textContent = this.#conversation.someone_types ? 'Someone is typing…' : '';
    by_id('stop').hidden = this.#conversation.open_turns().length === 0;
    this.#draw_emergency();
    if (followed) scroller.scrollTop = scroller.scrollHeight;
    this.#scrolled();
    this.acts.shown();
  }

  // One list entry an item, in the conversation's order.
  #place(shown) {
    const list = by_id('conversation');
    const keys = new Set(shown.map((item) => item.key));
    for (const [key, entry] of this.#drawn) {
      if (keys.has(key)) continue;
      entry.remove();
      this.#drawn.delete(key);
    }
    shown.forEach((item, index) => {
      if (!this.#drawn.has(item.key)) {
        this.#drawn.set(item.key, this.#make());
        this.#dirty.add(item);
      }
      const entry = this.#drawn.get(item.key);
      if (list.children[index] !== entry) list.insertBefore(entry, list.children[index] ?? null);
    });
  }

  #make() {
    const entry = element('li');
    entry.append(element('span', 'unseen'), element('div', 'text'), element('div', 'note'));
    return entry;
  }

  #fill(item) {
    const entry = this.#drawn.get(item.key);
    const streams = item.kind === 'answer' && !item.finish;
    entry.className = `item ${item.kind}${item.mine ? ' mine' : ''}${item.urgent ? ' urgent' : ''}`
      + `${streams ? ' streaming' : ''}${item.state ? ` ${item.state}` : ''}`
      + `${this.#conversation.waits(item) ? ' waiting' : ''}`;
    if (item.message_id !== undefined) entry.dataset.messageId = item.message_id;
    if (item.finish) entry.dataset.finish = item.finish;
    set_text(entry.children[0], `${item.mine ? 'You' : kSpeakers[item.kind]}: `);
    set_text(entry.children[1], item.text ?? '');
    this.#fill_note(entry.children[2], item);
    if (item.finish && this.#live && !this.#spoken.has(item)) {
      this.#spoken.add(item);
      by_id('announcer').textContent = item.text;
    }
  }

  #fill_note(note, item) {
    const parts = [];
    if (item.state === 'sending') parts.push('Sending…');
    if (item.state === 'refused') parts.push(`Not sent: ${item.why}`);
    if (item.status) parts.push(`${item.status}…`);
    if (item.trouble) parts.push(item.trouble);
    else if (kFinishes[item.finish]) parts.push(kFinishes[item.finish]);
    note.textContent = parts.join(' ');
    if (item.state !== 'refused') return;
    const again = element('button', 'quiet', 'Edit and send again');
    again.type = 'button';
    again.onclick = () => this.acts.again(item.client_id);
    note.append(' ', again);
  }

  #draw_emergency() {
    const emergency = this.#conversation.emergency;
    const hidden = !emergency || emergency.offset <= this.#dismissed;
    by_id('emergency').hidden = hidden;
    if (hidden) return;
    set_text(by_id('emergency-level'), String(emergency.level || 'emergency').replaceAll('_', ' '));
    set_text(by_id('emergency-text'), emergency.message ?? '');
  }

  #wire_composer() {
    const text = by_id('text');
    text.addEventListener('input', () => {
      this.#composer_changed();
      this.acts.typing(text.value !== '');
    });
    text.addEventListener('blur', () => this.acts.typing(false));
    text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    by_id('composer').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  #submit() {
    const text = this.text.trim();
    if (!text || !this.acts.send(text)) return;
    this.text = '';
    this.focus();
    by_id('scroller').scrollTop = by_id('scroller').scrollHeight;
  }

  // Enables sending and lets the box grow with its lines (style.css bounds it).
  #composer_changed() {
    const text = by_id('text');
    by_id('send').disabled = text.value.trim() === '';
    text.rows = Math.min(8, text.value.split('\n').length);
  }

  #wire_buttons() {
    by_id('stop').addEventListener('click', () => { this.acts.stop(); this.focus(); });
    by_id('fresh').addEventListener('click', () => { this.acts.fresh(); this.focus(); });
    by_id('share').addEventListener('click', () => this.acts.share());
    by_id('emergency-dismiss').addEventListener('click', () => {
      this.#dismissed = this.#conversation.emergency.offset;
      this.acts.dismissed(this.#dismissed);
      this.touch(null);
      this.focus();
    });
    for (const button of by_id('suggestions').querySelectorAll('button')) {
      button.addEventListener('click', () => { this.text = button.textContent; this.#submit(); });
    }
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing) this.acts.stop();
      if (event.altKey && event.code === 'KeyN') { event.preventDefault(); this.acts.fresh(); }
    });
  }

  #wire_scrolling() {
    const scroller = by_id('scroller');
    scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    by_id('latest').addEventListener('click', () => {
      scroller.scrollTop = scroller.scrollHeight;
      this.focus();
    });
  }

  #scrolled() {
    const scroller = by_id('scroller');
    by_id('latest').hidden =
      scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < kNearBottomPx;
  }
}

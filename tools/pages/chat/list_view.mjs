// Draws the list of conversations, and the drawer that holds it on narrow screens.
import { arrange, button, byId, element, setText, whenOf } from './dom.mjs';

const kNarrow = '(max-width: 52rem)';

export class ListView {
  #acts; #drawn = new Map(); #last = {}; #narrow = matchMedia(kNarrow);

  // acts {choose(session), remove(session)}.
  constructor(acts) {
    this.#acts = acts;
    byId('menu').addEventListener('click', () => this.#toggle(true));
    byId('menu-close').addEventListener('click', () => this.#toggle(false));
    byId('shade').addEventListener('click', () => this.#toggle(false));
    byId('side').addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.isOpen) return;
      event.stopPropagation();
      this.#toggle(false);
    });
    this.#narrow.addEventListener('change', () => this.#toggle(false));
    this.#toggle(false);
  }

  get isOpen() { return document.body.classList.contains('drawer'); }

  close() { if (this.isOpen) this.#toggle(false); }

  // entries [{session, title, at}]; current: a session; stateOf(session) -> 'busy' | 'unread' | ''.
  // Draws only what is other than the last time: it is asked once a frame.
  draw(entries, current, stateOf) {
    const states = entries.map(({ session }) => stateOf(session)).join();
    const last = this.#last;
    if (last.entries === entries && last.current === current && last.states === states) return;
    this.#last = { entries, current, states };
    const by = new Map(entries.map((entry) => [entry.session, entry]));
    arrange(byId('conversations'), this.#drawn, [...by.keys()], (session) => this.#make(session));
    for (const [session, entry] of by) this.#fill(this.#drawn.get(session), entry, session === current, stateOf(session));
    byId('none-yet').hidden = entries.length > 0;
  }

  #make(session) {
    const entry = element('li');
    const choose = button('', 'choose', () => { this.#acts.choose(session); this.close(); });
    choose.append(element('span', 'title'), element('span', 'state unseen'), element('time', 'when'));
    const remove = button('×', 'remove', () => this.#acts.remove(session));
    entry.append(choose, remove);
    return entry;
  }

  #fill(entry, { title, at }, isCurrent, state) {
    const [choose, remove] = entry.children;
    const [titled, stated, when] = choose.children;
    entry.dataset.state = state;
    if (isCurrent) choose.setAttribute('aria-current', 'page');
    else choose.removeAttribute('aria-current');
    setText(titled, title || 'Untitled');
    setText(stated, { busy: ', answering', unread: ', new' }[state] ?? '');
    setText(when, whenOf(at));
    when.dateTime = new Date(at).toISOString();
    remove.setAttribute('aria-label', `Remove “${title || 'Untitled'}” from this list`);
  }

  // On wide screens it is always there; on narrow ones it lies over the conversation, which then
  // cannot be reached.
  #toggle(open) {
    const narrow = this.#narrow.matches;
    const wasInside = byId('side').contains(document.activeElement);
    document.body.classList.toggle('drawer', narrow && open);
    byId('menu').setAttribute('aria-expanded', String(narrow && open));
    byId('side').inert = narrow && !open;
    byId('talk').inert = narrow && open;
    if (!narrow) return;
    if (open) byId('menu-close').focus();
    else if (wasInside) byId('menu').focus();
  }
}

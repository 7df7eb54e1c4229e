// The few things that every view does to the document. Text reaches it through text nodes only.

export const byId = (id) => document.getElementById(id);

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export function button(label, className, run) {
  const made = element('button', className, label);
  made.type = 'button';
  made.addEventListener('click', run);
  return made;
}

// Grows the one text node of `target` where the new text continues the old one, so that a stream
// of tokens costs what it adds.
export function setText(target, text) {
  const node = target.firstChild ?? target.appendChild(document.createTextNode(''));
  if (text.length > node.length && text.startsWith(node.data)) node.appendData(text.slice(node.length));
  else if (node.data !== text) node.data = text;
}

// One child a key, in the order of `keys`; `make(key)` makes a missing one. Children that stay are
// not touched, so focus and selection stay with them.
export function arrange(parent, drawn, keys, make) {
  const wanted = new Set(keys);
  for (const [key, child] of drawn) {
    if (wanted.has(key)) continue;
    child.remove();
    drawn.delete(key);
  }
  keys.forEach((key, index) => {
    if (!drawn.has(key)) drawn.set(key, make(key));
    const child = drawn.get(key);
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

const kTime = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const kDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });

export function timeOf(at) {
  return kTime.format(new Date(at));
}

// The time for today, the day for earlier.
export function whenOf(at) {
  const date = new Date(at);
  return date.toDateString() === new Date().toDateString() ? kTime.format(date) : kDay.format(date);
}

// A client in a world of its own: scripted sockets, a hand-turned clock, no randomness.
import { Client, memoryOutbox } from '../../../sdk/js/src/index.js';

export const kOpened = { type: 'session.opened', session: 's', epoch: 'e1', head: 0, resumed: true,
                         participant: 'k', limits: { frame_bytes: 65536 }, server: 'test' };

class ScriptedSocket {
  readyState = 0;
  sent = [];
  open() { this.readyState = 1; this.onopen({}); }
  send(text) { this.sent.push(JSON.parse(text)); }
  say(...frames) { for (const frame of frames) this.onmessage({ data: JSON.stringify(frame) }); }
  close(code) { this.readyState = 3; this.closedWith = code; }
  break(code = 1006, reason = '') { this.readyState = 3; this.onclose({ code, reason }); }
  take() { return this.sent.splice(0); }
}

class HandTurnedClock {
  #now = 1_000_000;
  timers = [];
  now = () => this.#now;
  setTimeout = (run, ms) => {
    const timer = { run, at: this.#now + ms };
    this.timers.push(timer);
    return timer;
  };
  clearTimeout = (timer) => { this.timers = this.timers.filter((one) => one !== timer); };

  // Fires what falls due, in its order.
  advance(ms) {
    const until = this.#now + ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#now = due.at;
      this.clearTimeout(due);
      due.run();
    }
    this.#now = until;
  }
}

export function world(options = {}) {
  const sockets = [];
  const clock = new HandTurnedClock();
  const client = new Client({
    url: 'ws://test/v1/session', clock, random: () => 0.5, outbox: memoryOutbox(),
    randomBytes: (count) => new Uint8Array(count).fill(7),
    WebSocket: class extends ScriptedSocket {
      constructor(url, protocols) {
        super();
        Object.assign(this, { url, protocols });
        sockets.push(this);
      }
    },
    ...options,
  });
  const states = [];
  const errors = [];
  client.on('state', (state) => states.push(state));
  client.on('error', (error) => errors.push(error));
  return { client, sockets, clock, states, errors, get socket() { return sockets.at(-1); } };
}

export function heard(session) {
  const seen = [];
  for (const name of ['opened', 'live', 'event', 'reset', 'accepted', 'refused', 'left']) {
    session.on(name, (value) => seen.push([name, value]));
  }
  return (name) => seen.filter(([kind]) => kind === name).map(([, value]) => value);
}

// A world whose one session is open. `opening` is what the client said first.
export function opened(place = { session: 's' }, answer = kOpened, options = {}) {
  const made = world(options);
  made.session = made.client.session(place);
  made.names = heard(made.session);
  made.socket.open();
  [made.opening] = made.socket.take();
  made.socket.say(answer);
  return made;
}

// Lets the planned attempt happen and opens it; returns what the client says first.
export function reopen(made, answer = kOpened) {
  made.clock.advance(made.states.at(-1).retryInMs);
  made.socket.open();
  const [opening] = made.socket.take();
  if (answer) made.socket.say(answer);
  return opening;
}

export function event(offset, prev, type = 'token', more = {}) {
  return { type, session: 's', offset, prev, at: '2026-01-15T10:30:00.123Z', data: {}, ...more };
}

// Lets promises that are settled run what waits for them.
export const settled = () => new Promise((resolve) => setImmediate(resolve));

// What a front end in strict TypeScript writes; it is compiled, not run.
import { Answer, ChartroomError, ChartroomEvent, Client, ClientState, Cursor, Session, memoryOutbox, webOutbox } from '@chartroom/client';

const client: Client = new Client({
  url: '/v1/session',
  token: async (reason) => (reason === 'refused' ? undefined : 'jwt'),
  outbox: webOutbox(sessionStorage),
  info: { name: 'consumer' },
});
const saved: Cursor = JSON.parse('{}');
const session: Session = client.session(saved);
client.session('home');
client.session();

const off: () => void = client.on('state', (state: ClientState) => console.log(state.phase, state.error?.closeCode));
session.on('event', (event: ChartroomEvent<{ content: string }>) => console.log(event.data?.content.length));
session.on('reset', ({ reason }) => { const one: 'epoch' | 'trimmed' | 'erased' | 'ahead' = reason; console.log(one); });

export async function run(signal: AbortSignal): Promise<string> {
  const { offset, duplicate } = await session.send('note', { content: 'x' }, { signal });
  const id: string = session.send('note').id;
  const answer: Answer = session.ask('chat', { content: 'hi' }, { signal });
  let text = '';
  for await (const piece of answer) text += piece.toUpperCase();
  for await (const event of answer.events()) console.log(event.offset + offset, duplicate, id);
  for await (const event of session.events()) if (event.type === 'session.reset') break;
  const page = await session.history({ before: 10, limit: 5 });
  console.log(page.events.length, page.more);
  off();
  try {
    return (await answer.done).finish satisfies 'stop' | 'length' | 'cancelled' | 'interrupted';
  } catch (error) {
    if (error instanceof ChartroomError && error.retry) console.log(error.code, error.retryAfterMs);
    throw error;
  }
}

// @ts-expect-error: an address is needed
new Client({});
// @ts-expect-error: sessions are made by a client
new Session();
// @ts-expect-error: there is no such event
session.on('evnt', () => {});
// @ts-expect-error: a payload is an object
session.send('chat', 'text');
// @ts-expect-error: the cursor is read
session.cursor = saved;
// @ts-expect-error: a store has three calls
new Client({ url: 'x', outbox: { load: () => [] } });
memoryOutbox().load('s');

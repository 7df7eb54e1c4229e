// @chartroom/client: the types, kept by hand; a test holds them to the code.

/** Where a client is in a session's log. Keep it (as JSON) to go on from there later. */
export interface Cursor {
  /** The name that the server told; what you say to come back. */
  session: string;
  /** Which incarnation of the log `offset` belongs to. */
  epoch?: string;
  /** The last offset that you have. 0: from the beginning. Absent: from now on. */
  offset?: number;
  /** The key of an anonymous participant: whoever shows it is the same one again. A secret. */
  participant?: string;
}

/** An event of a session, as it came. */
export interface ChartroomEvent<Data = any> {
  type: string;
  session: string;
  offset: number;
  /** The offset of the event or position before it, for this follower. Not on history pages. */
  prev?: number;
  /** The offset of the message that led to it. */
  cause?: number;
  /** UTC, `2026-01-15T10:30:00.123Z`. */
  at: string;
  actor?: string;
  data?: Data;
  /** Set where the payload is bytes; `data` is then a string. */
  encoding?: 'base64';
}

/** What you hold is not this log's past: drop it; events from `first` follow. */
export interface Reset {
  reason: 'epoch' | 'trimmed' | 'erased' | 'ahead';
  epoch: string;
  first: number;
  head: number;
}

export interface Accepted {
  /** Where the message stands in the log. It is durable. */
  offset: number;
  /** The server had it already; nothing was done a second time. */
  duplicate: boolean;
}

/** A message that the server has not answered for yet. */
export interface PendingMessage {
  id: string;
  type: string;
  data: Record<string, any>;
  /** When it was written, in milliseconds of the client's clock. */
  at: number;
}

/**
 * Where messages wait for the server beyond the life of a page. All calls are synchronous; one that
 * throws is reported as `storage_failed`, and the message is sent all the same.
 */
export interface OutboxStore {
  /** The messages kept for a session, oldest first, as they were put. */
  load(session: string): object[];
  /** Adds a message, or replaces the one with the same `id`. A message is a plain JSON object. */
  put(session: string, message: { id: string }): void;
  remove(session: string, id: string): void;
}

/** Nothing outlives the client. */
export function memoryOutbox(): OutboxStore;
/** One key a message in localStorage, sessionStorage, or anything like them. Tabs may share it. */
export function webOutbox(storage: Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>,
                          prefix?: string): OutboxStore;

export type ErrorCode =
  // the server's
  | 'malformed' | 'validation_error' | 'unknown_type' | 'message_too_long' | 'rate_limited'
  | 'unauthenticated' | 'forbidden' | 'id_reused' | 'stale_message' | 'not_found' | 'busy'
  | 'unavailable' | 'restarting' | 'plugin_failed' | 'plugin_crashed' | 'deadline_exceeded'
  | 'interrupted' | 'cancelled' | 'erased' | 'internal'
  // the library's
  | 'disconnected' | 'closed' | 'outbox_full' | 'overflow' | 'session_reset' | 'storage_failed'
  // a plugin's own
  | (string & {});

export class ChartroomError extends Error {
  private constructor();
  readonly code: ErrorCode;
  /** The same again may succeed, as a new message or a little later. */
  readonly retry: boolean;
  /** The field that is wrong. */
  readonly field?: string;
  readonly retryAfterMs?: number;
  /** The WebSocket close code that ended the connection. */
  readonly closeCode?: number;
}

/** `open`: before a connection; `refused`: the last one was not taken; `expiring`: to refresh with. */
export type TokenReason = 'open' | 'refused' | 'expiring';

export interface ClientOptions {
  /** `wss://host/v1/session`; in a browser a path is enough. */
  url: string | URL;
  /** None: anonymous. A function is asked again whenever a token is due. */
  token?: string | ((reason: TokenReason) => string | undefined | Promise<string | undefined>);
  /** The WebSocket to use; default `globalThis.WebSocket`. In Node: `import { WebSocket } from 'ws'`. */
  WebSocket?: new (url: string, protocols: string[]) => any;
  /** Default: localStorage where there is one, else memory. */
  outbox?: OutboxStore;
  /** The key of an anonymous participant, from an earlier cursor. */
  participant?: string;
  /** Told to the server, for its operators. */
  info?: { name: string; version?: string };
  /** Messages that may wait, and answers that may be awaited, in one session. Default 256. */
  queueMax?: number;
  /** Events that may wait for a loop, and that an answer may have. Default 10,000. */
  bufferMax?: number;
  /** From dialling to an opened session. Default 15,000. */
  connectTimeoutMs?: number;
  /** After so long without a frame the server is pinged; 0: never. Default 30,000. */
  idlePingMs?: number;
  /** How long a ping may take. Default 5,000. */
  pingTimeoutMs?: number;
  /** For tests. */
  clock?: {
    now(): number;
    setTimeout(run: () => void, ms: number): any;
    clearTimeout(timer: any): void;
  };
  random?: () => number;
  randomBytes?: (count: number) => Uint8Array;
}

/**
 * `idle`: not asked to connect · `connecting` · `online` · `waiting`: lost, another attempt is planned ·
 * `stopped`: trying again by itself cannot help; connect() does all the same · `closed`: for good.
 */
export type ClientPhase = 'idle' | 'connecting' | 'online' | 'waiting' | 'stopped' | 'closed';

export interface ClientState {
  phase: ClientPhase;
  /** With `connecting` and `waiting`: attempts since the last time that all was well. */
  attempt?: number;
  /** With `waiting`. */
  retryInMs?: number;
  /** With `waiting` and `stopped`: why. */
  error?: ChartroomError;
  /** With `online`: the server's name and version. */
  server?: string;
}

export interface ClientEvents {
  state: ClientState;
  /** Something that no call of yours is waiting to hear. */
  error: ChartroomError;
}

/** One connection, kept up, and the sessions that are followed over it (63 at most). */
export class Client {
  constructor(options: ClientOptions);
  readonly phase: ClientPhase;
  /** The key of this anonymous participant, once the server has told it. */
  readonly participant: string | undefined;
  readonly sessions: Session[];
  /**
   * Follows a session and connects where that is due. Nothing: a new one. A name: from now on. A
   * cursor: from there. A session that is followed already is returned as it is.
   */
  session(place?: string | Partial<Cursor>): Session;
  /** Connects, or hurries the next attempt. */
  connect(): void;
  /** The machine has slept, or the network is back: checks the connection, or makes a new one. */
  wake(): void;
  /** Hangs up until connect(); sessions stay, what is said meanwhile waits. */
  disconnect(): void;
  /** Hangs up for good. What waits in the outbox stays there for a later client. */
  close(): void;
  /** Returns the function that takes the listener off again. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (value: ClientEvents[Name]) => void): () => void;
}

/** `joining` and `catching up` lead to `live`; `offline` waits for the connection; `left` is the end. */
export type SessionPhase = 'offline' | 'joining' | 'catching up' | 'live' | 'left';

export interface SessionEvents {
  /** Followed (again). `resumed`: nothing is missing between what you had and what comes. */
  opened: { resumed: boolean; head: number };
  /** Everything that there was at opening has come. */
  live: { offset: number };
  event: ChartroomEvent;
  reset: Reset;
  accepted: Accepted & { id: string };
  /** A message that was not done and will not be. */
  refused: { id: string; error: ChartroomError };
  /** Not followed any more; `error` says why, if it was not your wish. */
  left: { error: ChartroomError | null };
}

export interface SendOptions {
  /** Your own id, unique for you in the session, at most 64 bytes. Default: made. */
  id?: string;
  signal?: AbortSignal;
}

export interface AskOptions extends SendOptions {
  /** The event types that end the answer. Default `stream_end` and `complete`. */
  until?: string | string[];
}

export class Session {
  private constructor();
  /** What you say to come back. Told by the server, so it may change at the first opening. */
  readonly name: string;
  readonly phase: SessionPhase;
  /** Where this client is. Taken in an event's listener, it is that event's. */
  readonly cursor: Cursor;
  /** What was said and not answered for, oldest first; also by pages before this one. */
  readonly pending: PendingMessage[];
  /** Opened for the first time, or refused. */
  readonly ready: Promise<Session>;
  /**
   * Says something once, however often the connection breaks, and now or when there is one. Resolves
   * when it is durable; rejects when it was refused. Aborting takes it back only if it was not sent.
   */
  send(type: string, data?: object, options?: SendOptions): Promise<Accepted> & { id: string };
  /** Says something and awaits its answer. Throws `outbox_full`. */
  ask(type: string, data?: object, options?: AskOptions): Answer;
  /** Says something now or not at all (typing). Returns whether it left. */
  whisper(type: string, data?: object): boolean;
  /** Takes back a message that was never sent. Returns whether it was. */
  withdraw(id: string): boolean;
  /** Stops the turn that the message at this offset began; only one's own. */
  cancel(cause: number): void;
  /** Everything up to here was shown to a person. Returns whether it could be told. */
  ack(offset?: number): boolean;
  /** Every event from now on, with a `session.reset` in its place where the log was replaced. */
  events(options?: { signal?: AbortSignal }): AsyncIterableIterator<ChartroomEvent | ({ type: 'session.reset' } & Reset)>;
  /** The answer to the message at this offset, as far as its events come after the cursor. */
  answer(cause: number, options?: { until?: string | string[] }): Answer;
  /** A page of the past. The session's log is not changed by reading, so it may be asked again. */
  history(options?: { before?: number; after?: number; limit?: number; signal?: AbortSignal }):
      Promise<{ events: ChartroomEvent[]; more: boolean }>;
  /** Stops following. What waits in the outbox stays there. */
  leave(): void;
  /** Returns the function that takes the listener off again. */
  on<Name extends keyof SessionEvents>(name: Name, listener: (value: SessionEvents[Name]) => void): () => void;
}

/** How an answer ended. */
export interface Ending {
  /** Its last event. */
  event: ChartroomEvent;
  /** The whole text, if there was one. */
  text: string;
  /** An answer that ends with `error` rejects instead. */
  finish: 'stop' | 'length' | 'cancelled' | 'interrupted';
  usage?: Record<string, number>;
  /** Of a `complete` event. */
  result?: any;
}

/**
 * What becomes of one question. Iterate it for its text, piece by piece; connections that break in
 * between are not noticed. It keeps what came: a loop may begin late, and there may be several.
 */
export class Answer implements AsyncIterable<string> {
  private constructor();
  /** The message's id; none if the answer was taken up by session.answer(). */
  readonly id: string | undefined;
  /** The offset of the message, once it is accepted: what session.answer() wants after a reload. */
  readonly cause: number | undefined;
  /** The text so far. */
  readonly text: string;
  readonly ended: boolean;
  readonly accepted: Promise<Accepted>;
  /** Rejects with what the loops throw. */
  readonly done: Promise<Ending>;
  /** Asks the server to stop. The answer then ends like any other, with `finish: 'cancelled'`. */
  cancel(): void;
  /** The events of the turn, to its end. */
  events(): AsyncGenerator<ChartroomEvent, void>;
  [Symbol.asyncIterator](): AsyncGenerator<string, void>;
}

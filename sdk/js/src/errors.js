// What can go wrong, as one class: the server's codes, and the few of this library's own.

// The same again may succeed: later, or as a new message.
const kRetry = new Set(['rate_limited', 'busy', 'unavailable', 'restarting', 'deadline_exceeded',
                        'interrupted', 'disconnected']);
// Refused before anything was done: the library sends the message again by itself, under its id.
const kSendAgain = new Set(['rate_limited', 'busy', 'unavailable', 'restarting']);

export class ChartroomError extends Error {
  constructor(code, message, details = {}) {
    super(message || code);
    this.name = 'ChartroomError';
    this.code = code;
    this.retry = kRetry.has(code);
    if (details.field !== undefined) this.field = details.field;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.closeCode !== undefined) this.closeCode = details.closeCode;
    if (details.cause !== undefined) this.cause = details.cause;
  }
}

// From an `error` frame, or the data of an `error` event.
export function errorOf({ code = 'internal', message, field, retry_after_ms: retryAfterMs }) {
  return new ChartroomError(code, message, { field, retryAfterMs });
}

export function isSentAgain(code) {
  return kSendAgain.has(code);
}

// What a close code means for the next attempt:
//   retry    again, after a pause
//   later    again, after a longer one
//   token    again with another token, if there is one to be had
//   session  not with this session; the others may go on
//   stop     trying again by itself cannot help
const kCloses = new Map([
  [1003, ['stop', 'malformed', 'the server does not take this kind of frame']],
  [1007, ['stop', 'malformed', 'the server met text that is no UTF-8']],
  [1008, ['stop', 'malformed', 'the server refused too many frames in a row']],
  [1009, ['stop', 'message_too_long', 'a frame was far over the limit']],
  [4001, ['token', 'unauthenticated', 'the server asks for a valid token']],
  [4003, ['session', 'forbidden', 'not there, or not yours']],
  [4008, ['retry', 'disconnected', 'this client was too slow to read']],
  [4009, ['session', 'erased', 'the session was erased']],
  [4029, ['later', 'rate_limited', 'too many connections']],
  [4429, ['later', 'rate_limited', 'too many messages']],
  [1012, ['retry', 'restarting', 'the server is restarting']],
]);

export function closeMeaning(closeCode, reason = '') {
  const [then, code, text] = kCloses.get(closeCode) ?? ['retry', 'disconnected', 'the connection was lost'];
  return { then, error: new ChartroomError(code, reason || text, { closeCode }) };
}

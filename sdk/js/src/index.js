export { Client } from './client.js';
export { Session } from './session.js';
export { Answer } from './answer.js';
export { ChartroomError } from './errors.js';
export { memoryOutbox, webOutbox } from './outbox.js';

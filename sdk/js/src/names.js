// The names that a client makes up; each from bytes that nobody can guess.

// Begins the ids of a client's messages, so that those of two clients never meet.
export function instanceName(randomBytes) {
  return hexadecimal(randomBytes(8));
}

// RFC 9562, version 4. crypto.randomUUID is kept from pages without TLS.
export function uuid(randomBytes) {
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = hexadecimal(bytes);
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-');
}

function hexadecimal(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

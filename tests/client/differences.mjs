// Holds what a client showed against the log: every event that it was told, each answer's text, and
// each question once. Returns what differs, in words.

// log: rows of `chartroom log --format jsonl`. heard: the client's events, or null where it
// does not tell. shown: [{cause, text}].
export function differences(log, heard, shown) {
  const found = [];
  const said = log.filter((row) => row.kind === 'in' && row.type === 'chat');
  const out = log.filter((row) => row.kind === 'out');
  if (said.length !== shown.length) found.push(`${shown.length} questions, ${said.length} in the log`);
  if (heard) found.push(...differentEvents(out, heard));
  for (const { cause, text } of shown) {
    const of = (type) => out.filter((row) => row.cause === cause && row.type === type);
    const tokens = of('token').map((row) => row.payload.content).join('');
    const ends = of('stream_end').map((row) => row.payload.content);
    if (ends.length !== 1 || ends[0] !== text || tokens !== text) found.push(`the answer to ${cause}`);
  }
  return found;
}

function differentEvents(out, heard) {
  const told = heard.map(({ offset, type, cause, data }) => JSON.stringify({ offset, type, cause, data }));
  const logged = out.map(({ offset, type, cause, payload }) => JSON.stringify({ offset, type, cause, data: payload }));
  for (let n = 0; n < Math.max(told.length, logged.length); ++n) {
    if (told[n] !== logged[n]) return [`event ${n}: told ${told[n]}, logged ${logged[n]}`]; // what follows is shifted
  }
  return [];
}

// A plain client on npm's `ws`: sends the frames of its second argument one by one, prints each
// frame that comes as a line of JSON, and ends after as many as its third argument says, or at the
// server's close, whose code is the last line.
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.CHARTROOM_NODE_FOLDER, 'package.json'));
const { WebSocket } = require('ws');

const [url, frames, count, protocol] = process.argv.slice(2);
const socket = new WebSocket(url, protocol ? [protocol] : []);
let left = Number(count);
socket.on('open', () => { for (const frame of JSON.parse(frames)) socket.send(frame); });
socket.on('message', (data, binary) => {
  if (left <= 0) return; // sent before the server saw the close
  console.log(JSON.stringify({ binary, text: data.toString() }));
  if (--left === 0) socket.close(1000);
});
socket.on('close', (code) => console.log(JSON.stringify({ code })));
socket.on('error', (error) => { console.error(error.message); process.exitCode = 1; });
setTimeout(() => { console.error('deadline'); process.exit(2); }, 15_000).unref();

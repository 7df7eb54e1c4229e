// The same echo without a log: what a front-end developer would write with Node's `ws`.
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(new URL('../../node/', import.meta.url))('ws');
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) });
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    const text = data.toString();
    const { type } = JSON.parse(text);
    socket.send(type === 'session.open' ? '{"type":"session.live"}' : text, { binary: isBinary });
  });
});

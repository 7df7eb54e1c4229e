// A TCP proxy that cuts what goes through it. While `cutting`, every WebSocket gets a number of bytes
// of its own, in one direction or the other, after which both ends are destroyed: in the handshake,
// in the middle of a frame, or between an answer and its acknowledgement.
import net from 'node:net';

const kDownBytesMax = 6_000; // some 25 tokens
const kUpBytesMax = 1_500;   // the handshake and a few messages

export class CuttingProxy {
  cuts = 0;
  cutting = false;
  #server; #random; #sockets = new Set();

  static async start(port, random) {
    const proxy = new CuttingProxy();
    proxy.#random = random;
    proxy.#server = net.createServer({ allowHalfOpen: false }, (client) => proxy.#serve(client, port));
    await new Promise((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    proxy.port = proxy.#server.address().port;
    return proxy;
  }

  async close() {
    this.cutting = false;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client, port) {
    const server = net.connect(port, '127.0.0.1');
    const pair = { left: null };
    for (const [from, to, side] of [[client, server, 'up'], [server, client, 'down']]) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (bytes) => this.#pass(pair, side, bytes, from, to));
      from.on('error', () => {});
      from.on('close', () => { this.#sockets.delete(from); to.destroy(); });
    }
  }

  #pass(pair, side, bytes, from, to) {
    // A page's files are served in peace; what begins as a socket is marked by its first bytes.
    if (pair.left === null && side === 'up') {
      pair.socket = bytes.includes('Upgrade: websocket');
      const down = this.#random() < 0.7;
      pair.side = down ? 'down' : 'up';
      pair.left = Math.floor(this.#random() * (down ? kDownBytesMax : kUpBytesMax));
    }
    if (this.cutting && pair.socket && side === pair.side) {
      if (bytes.length > pair.left) {
        ++this.cuts;
        to.write(bytes.subarray(0, pair.left), () => { to.destroy(); from.destroy(); });
        pair.left = 0;
        return;
      }
      pair.left -= bytes.length;
    }
    to.write(bytes);
  }
}

// The built server for a test in JavaScript: a state folder, a configuration and a loopback port of
// its own, killed by its own process id. And the log's side of a session.
import { execFile, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

export const node_packages = createRequire(path.join(process.env.CHARTROOM_NODE_FOLDER, 'package.json'));
export const kPatienceMs = 1_000 * Number(process.env.CHARTROOM_TEST_PATIENCE ?? 20);
const kBinary = process.env.CHARTROOM_BINARY;

function bound(socket, bind) {
  return new Promise((resolve) => {
    socket.once('error', () => resolve(null));
    bind(() => resolve(socket.unref()));
  });
}

// As free_port() of server.py: no other test takes it while this process runs, for the UDP port of
// the same number is held.
async function free_port() {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const hold = dgram.createSocket('udp4');
    if (!await bound(hold, (done) => hold.bind(port, '127.0.0.1', done))) continue;
    const probe = net.createServer();
    if (await bound(probe, (done) => probe.listen(port, '127.0.0.1', done))) {
      await new Promise((resolve) => probe.close(resolve));
      return port;
    }
    hold.close();
  }
}

function status_of(url) {
  return new Promise((resolve) => {
    http.get(url, (response) => { response.resume(); resolve(response.statusCode); })
      .on('error', () => resolve(0));
  });
}

export class Server {
  // more: further lines of the configuration.
  static async start(token_delay_ms, more = '') {
    const server = new Server();
    server.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'chartroom-browser-'));
    server.port = await free_port();
    server.url = `http://127.0.0.1:${server.port}`;
    server.log_path = path.join(server.folder, 'stderr.log');
    server.config = path.join(server.folder, 'chartroom.toml');
    fs.writeFileSync(server.config, `
[server]
listen = ["127.0.0.1:${server.port}"]
state_directory = "${server.folder}/state"
drain_seconds = 1
[plugins.chat.config]
provider = "builtin"
token_delay_ms = ${token_delay_ms}
${more}
`);
    await server.run();
    return server;
  }

  async run() {
    const log = fs.openSync(this.log_path, 'a');
    this.process = spawn(kBinary, ['serve', '-c', this.config], { cwd: this.folder, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    this.ended = new Promise((resolve) => this.process.on('exit', resolve));
    const deadline = Date.now() + kPatienceMs;
    while (await status_of(`${this.url}/readyz`) !== 200) {
      if (this.process.exitCode !== null || Date.now() > deadline) {
        throw new Error(`the server is not ready:\n${fs.readFileSync(this.log_path, 'utf8')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  get runs() { return this.process.exitCode === null && this.process.signalCode === null; }

  async kill(signal = 'SIGKILL') {
    this.process.kill(signal);
    await this.ended;
  }

  async close() {
    if (this.runs) await this.kill();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  // A token of this user, as `chartroom token` mints it.
  async token(sub) {
    const { stdout } = await promisify(execFile)(kBinary, ['token', '--sub', sub, '-c', this.config]);
    return stdout.trim();
  }

  // What the log has of an anonymous session, effects and notes included.
  async log(session) {
    const { stdout } = await promisify(execFile)(
      kBinary, ['log', `open/${session}`, '--format', 'jsonl', '-c', this.config], { maxBuffer: 1 << 28 });
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  // The events of a session that a follower gets.
  read(session) {
    const { WebSocket } = node_packages('ws');
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/v1/session`, ['chartroom.v1']);
    const events = [];
    return new Promise((resolve, reject) => {
      socket.on('open', () => socket.send(JSON.stringify({ type: 'session.open', session, after: 0 })));
      socket.on('message', (data) => {
        const frame = JSON.parse(data);
        if (frame.type === 'session.live') { socket.close(); resolve(events); }
        else if (frame.prev !== undefined) events.push(frame);
      });
      socket.on('error', reject);
    });
  }
}

"""SIGKILL in a loop while clients talk, and then the count of what went wrong.

Every client keeps an outbox and a cursor, resends what was not accepted under the same ids, and
resumes after the last offset that it holds, as the protocol says. After the last kill each session
is read from its beginning; what the clients were told is compared with it.

    python3 -m crash.kill_loop --kills 200 [--clients 16] [--provider builtin|openai] [--seed N]
"""

import argparse
import asyncio
import collections
import dataclasses
import json
import random
import sys
import time
import uuid

import websockets

from harness.native import Broken, Ended, Native
from harness.server import PATIENCE_SECONDS, Server, report
from harness.streams import builtin_chat

WINDOW = 4            # messages of one client that are not accepted yet
CHAT_EVERY = 8        # one message in so many is a question to the assistant
DROP_ODDS = 0.002     # that a client drops its own connection after a frame
TOKEN_DELAY_MS = 5    # slow enough that most kills hit an open stream
DISCONNECTS = (Ended, OSError, EOFError, asyncio.TimeoutError, websockets.WebSocketException)


@dataclasses.dataclass
class Message:
    id: str
    type: str
    since: int
    retried: bool = False  # refused for now at least once: its place in the order is free

    @property
    def data(self):
        if self.type == "echo":
            return {"content": self.id}
        number = int(self.id.split("-")[1])  # every other question is for the agents
        return {"content": f"My head hurts ({self.id}).", "agents": number % (2 * CHAT_EVERY) == 0}


class Talker:
    """One client, over as many connections as it takes."""

    def __init__(self, server, number, session, random):
        self.server, self.number, self.session, self.random = server, number, session, random
        self.outbox = collections.OrderedDict()
        self.messages = {}      # id -> Message
        self.accepted = {}      # id -> offset
        self.events = []        # as they came
        self.offset, self.epoch, self.participant = 0, None, None
        self.stopping = False
        self.connections = self.repeats = 0
        self.wrong = []         # what the server told that it must not tell
        self.ended = set()      # causes whose turn is over
        self.streaming = set()  # causes of streams that are open

    async def run(self):
        while not self.done:
            try:
                await self._connected()
            except Broken as broken:
                self.wrong.append(("order", str(broken)))
                return
            except DISCONNECTS:
                await asyncio.sleep(self.random.random() * 0.05)

    @property
    def done(self):
        return self.stopping and not self.outbox and all(o in self.ended for o in self.accepted.values())

    async def _connected(self):
        client = await Native.open(self.server, self.session, after=self.offset, epoch=self.epoch,
                                   participant=self.participant)
        self.connections += 1
        if not client.opened["resumed"]:
            raise Broken(f"resume after {self.offset} was not complete: {client.opened}")
        self.epoch, self.participant = client.epoch, client.opened.get("participant")
        try:
            for message in list(self.outbox.values()):
                await self._send(client, message)
            while not self.done:
                while not self.stopping and len(self.outbox) < WINDOW:
                    await self._send(client, self._new_message())
                self._take(await client.frame())
                if self.random.random() < DROP_ODDS:
                    break
        finally:
            client.socket.transport.abort()

    def _new_message(self):
        number = len(self.messages)
        asks = number % CHAT_EVERY == 0 and not self.streaming
        message = Message(f"{self.number}-{number}", "chat" if asks else "echo", self.offset)
        self.messages[message.id] = self.outbox[message.id] = message
        return message

    async def _send(self, client, message):
        await client.post(message.type, message.data, message.id, since=message.since)

    def _take(self, frame):
        kind = frame["type"]
        if kind == "accepted":
            self.repeats += frame["duplicate"]
            return self._accepted(frame["id"], frame["offset"])
        if kind == "session.reset":
            raise Broken(f"a reset after {self.offset}: {frame}")
        if kind == "error" and "offset" not in frame:
            return self._refused(frame)
        if "prev" not in frame:
            return
        self.offset = frame["offset"]
        if kind == "session.position":
            return
        self.events.append({k: v for k, v in frame.items() if k != "prev"})
        if kind == "stream_start":
            self.streaming.add(frame["cause"])
        if kind in ("echo", "stream_end", "error"):
            self.streaming.discard(frame["cause"])
            self.ended.add(frame["cause"])

    def _accepted(self, id, offset):
        if self.accepted.setdefault(id, offset) != offset:
            self.wrong.append(("doubled", f"{id} was accepted at {self.accepted[id]} and at {offset}"))
        self.outbox.pop(id, None)

    def _refused(self, frame):
        if frame["code"] not in ("busy", "unavailable", "restarting"):
            raise Broken(f"refused: {frame}")
        self.messages[frame["id"]].retried = True
        raise ConnectionError("come back with the same id")


async def kill_loop(server, talkers, kills, rng):
    """Kills and restarts; returns at how many kills a stream was open."""
    hits = 0
    for number in range(kills):
        before = sum(len(t.accepted) for t in talkers)
        deadline = time.monotonic() + PATIENCE_SECONDS
        moment = time.monotonic() + rng.uniform(0.05, 0.6)
        while time.monotonic() < moment or sum(len(t.accepted) for t in talkers) == before:
            if time.monotonic() > deadline:
                told = [words for t in talkers for _, words in t.wrong][:3]
                raise AssertionError(f"no message was accepted after kill {number}; {told}")
            await asyncio.sleep(0.005)
        hits += any(t.streaming for t in talkers)
        server.kill()
        await asyncio.get_running_loop().run_in_executor(None, server.start)
    return hits


async def read_whole(server, talker):
    """What the log has for this participant."""
    client = await Native.open(server, talker.session, after=0, participant=talker.participant)
    await client.expect("session.live")
    await client.close()
    return [{k: v for k, v in f.items() if k != "prev"} for f in client.events()]


def judge(talker, log):
    """Compares what one client was told with its session's log; yields (kind, words)."""
    yield from talker.wrong
    ours = {m.id for m in talker.messages.values() if m.type == "echo"}
    echoes = collections.Counter(
        e["data"]["content"] for e in log if e["type"] == "echo" and e["data"]["content"] in ours)
    at = {e["data"]["content"]: e for e in log if e["type"] == "echo"}
    ends = collections.Counter(e["cause"] for e in log if e["type"] == "stream_end")
    for id, offset in talker.accepted.items():
        if talker.messages[id].type == "chat":
            yield from judge_stream(id, offset, ends[offset], log)
        elif id not in at or at[id]["cause"] != offset:
            yield "lost", f"{id}, accepted at {offset}, has no answer"
    for id, count in echoes.items():
        if count > 1:
            yield "doubled", f"{id} was answered {count} times"
    in_order = [talker.accepted[id] for id, m in talker.messages.items()
                if id in talker.accepted and not m.retried]
    if in_order != sorted(in_order):
        yield "order", f"client {talker.number}: its messages stand in another order than it sent them"
    if talker.events != log[:len(talker.events)]:
        yield "order", f"client {talker.number} was shown something else than its session's log"


def judge_stream(id, cause, ends, log):
    if ends != 1:
        yield "stream", f"{id}, accepted at {cause}, has {ends} stream_end"
        return
    text = "".join(e["data"]["content"] for e in log if e["type"] == "token" and e["cause"] == cause)
    end = next(e for e in log if e["type"] == "stream_end" and e["cause"] == cause)
    if text != end["data"]["content"]:
        yield "stream", f"{id}: its pieces are not its answer"


async def talk(server, options):
    rng = random.Random(options.seed)
    shared = [str(uuid.uuid4()) for _ in range(2)]  # two clients in each; the others are alone
    sessions = [shared[n // 2] if n < 4 else str(uuid.uuid4()) for n in range(options.clients)]
    talkers = [Talker(server, n, s, random.Random(rng.random())) for n, s in enumerate(sessions)]
    running = [asyncio.create_task(t.run()) for t in talkers]
    hits = await kill_loop(server, talkers, options.kills, rng)
    for talker in talkers:
        talker.stopping = True
    await asyncio.wait(running, timeout=PATIENCE_SECONDS)
    return talkers, running, hits


async def main(options):
    config = builtin_chat(TOKEN_DELAY_MS)
    model = None
    if options.provider == "openai":
        from fakes.openai_server import OpenAiServer
        model = OpenAiServer(token_delay_ms=TOKEN_DELAY_MS)
        config = model.chat_config()
    server = Server(config)
    started = time.monotonic()
    try:
        server.start()
        talkers, running, hits = await talk(server, options)
        stuck = [t.number for t, task in zip(talkers, running) if not task.done()]
        for task in running:
            if task.done():
                task.result()  # a client that died is a fault of this test
        logs = {t.number: await read_whole(server, t) for t in talkers}
        found = collections.Counter()
        for talker in talkers:
            for kind, words in judge(talker, logs[talker.number]):
                found[kind] += 1
                if found[kind] <= 5:
                    print(f"{kind}: {words}", file=sys.stderr)
        for task in running:
            task.cancel()
        server.terminate()
        audited = server.audit()
        finishes = collections.Counter(
            e["data"]["finish"] for log in logs.values() for e in log if e["type"] == "stream_end")
        print(json.dumps({
            "kills": options.kills, "kills_inside_a_stream": hits, "clients": len(talkers),
            "provider": options.provider, "seed": options.seed,
            "seconds": round(time.monotonic() - started, 1),
            "connections": sum(t.connections for t in talkers),
            "accepted": sum(len(t.accepted) for t in talkers),
            "repeats_recognised": sum(t.repeats for t in talkers),
            "streams": dict(finishes), "events": sum(len(log) for log in logs.values()),
            "lost": found["lost"], "doubled": found["doubled"], "out_of_order": found["order"],
            "broken_streams": found["stream"], "stuck_clients": stuck,
            "sessions_verified_and_replayed": audited}))
        if found or stuck or not sum(finishes.values()):
            report(server)
            return 1
        return 0
    except AssertionError:
        report(server)
        raise
    finally:
        server.close()
        if model:
            model.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--provider", choices=("builtin", "openai"), default="builtin")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    sys.exit(asyncio.run(main(parser.parse_args())))

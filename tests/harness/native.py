"""A chartroom.v1 client on Debian's `websockets`, which believes nothing: it checks on each frame
that offsets rise and that `prev` is the offset before, and on each stream that its pieces make up
its end."""

import asyncio
import json

import websockets

from harness.server import PATIENCE_SECONDS


class Broken(AssertionError):
    """The server broke a promise of the protocol."""


class Ended(AssertionError):
    """The connection ended, or fell silent, before the frame that was waited for."""


async def within(awaitable, seconds=None):
    return await asyncio.wait_for(awaitable, seconds or PATIENCE_SECONDS)


class Native:
    _alive = set()  # what abandon_all() is to end

    def __init__(self, socket):
        Native._alive.add(self)
        self.socket = socket
        self.frames = []      # everything that came
        self._unclaimed = []  # what no expect() has taken yet
        self._cursors = {}    # session -> offset that the next frame's `prev` must name; None: any
        self._asked = None    # the `after` of the newest open or join
        self.opened = None

    @classmethod
    async def connect(cls, server, path="/v1/session", **options):
        if server.tls:
            options.setdefault("ssl", server.tls)
        socket = await within(websockets.connect(
            server.url(path), subprotocols=["chartroom.v1"], max_size=None, ping_interval=None, close_timeout=2, **options))
        return cls(socket)

    @classmethod
    async def open(cls, server, session=None, after=None, epoch=None, **more):
        self = await cls.connect(server)
        await self.put(type="session.open", session=session, after=after, epoch=epoch, **more)
        self.opened = await self.expect("session.opened")
        return self

    async def again(self, server, after=None):
        """A later connection of the same participant, from `after` on (default: all it did not get)."""
        if after is None:
            after = max((f["offset"] for f in self.frames if "prev" in f), default=0)
        return await Native.open(server, self.session, after=after, epoch=self.epoch,
                                 participant=self.opened["participant"])

    @property
    def session(self):
        return self.opened["session"]

    @property
    def epoch(self):
        return self.opened["epoch"]

    async def put(self, **fields):
        """Sends a frame of the fields that are not None."""
        if fields.get("type") in ("session.open", "session.join"):
            self._asked = fields.get("after")
        await self.socket.send(json.dumps({k: v for k, v in fields.items() if v is not None}))

    async def post(self, type, data, id, since=None, **more):
        await self.put(type=type, id=id, since=since, data=data, **more)

    async def frame(self, seconds=None):
        """The next frame, checked."""
        frame = json.loads(await within(self.socket.recv(), seconds))
        self.frames.append(frame)
        self._check(frame)
        return frame

    async def expect(self, type, seconds=None, **fields):
        """The oldest frame not yet taken that has this type and these fields."""
        return await self.until(
            lambda f: f["type"] == type and all(f.get(k) == v for k, v in fields.items()), seconds,
            f"{type} {fields}")

    async def until(self, matches, seconds=None, what="a frame"):
        for index, frame in enumerate(self._unclaimed):
            if matches(frame):
                return self._unclaimed.pop(index)
        while True:
            try:
                frame = await self.frame(seconds)
            except (asyncio.TimeoutError, websockets.ConnectionClosed) as error:
                raise Ended(f"no {what}; {error!r} after {self.frames[-8:]}") from error
            if matches(frame):
                return frame
            self._unclaimed.append(frame)

    async def answer(self, cause, session=None):
        """Reads on to the end of the turn's stream; returns (tokens joined, stream_end frame)."""
        def ours(frame):
            return frame.get("cause") == cause and frame.get("session") in (session, self.session)
        end = await self.until(lambda f: f["type"] == "stream_end" and ours(f), what=f"stream_end of {cause}")
        return check_stream([f for f in self.frames if ours(f)]), end

    @classmethod
    async def abandon_all(cls):
        """Drops every connection without a close handshake, which the library would wait for."""
        for client in cls._alive:
            client.socket.transport.abort()
            await within(client.socket.wait_closed())
        cls._alive.clear()

    async def close(self):
        await within(self.socket.close())

    def events(self, session=None):
        """The events of a session that came, in order."""
        return [f for f in self.frames if "prev" in f and f["type"] != "session.position"
                and f["session"] == (session or self.session)]

    def _check(self, frame):
        kind = frame["type"]
        session = frame.get("session")
        if kind in ("session.opened", "session.joined"):
            self._cursors[session] = frame["head"] if self._asked is None else self._asked
        elif kind == "session.reset":
            self._cursors[session] = None
        elif "prev" in frame:
            known = self._cursors.get(session)
            if known is not None and frame["prev"] != known:
                raise Broken(f"a gap: {known} is followed by {frame}")
            if not frame["offset"] > frame["prev"]:
                raise Broken(f"offsets do not rise: {frame}")
            self._cursors[session] = frame["offset"]


def check_stream(frames):
    """Checks the frames of one answer, from its start to its end, and returns its text."""
    starts = [f for f in frames if f["type"] == "stream_start"]
    ends = [f for f in frames if f["type"] == "stream_end"]
    text = "".join(f["data"]["content"] for f in frames if f["type"] == "token")
    if len(ends) != 1:
        raise Broken(f"a stream has {len(ends)} ends")
    if starts and text != ends[0]["data"]["content"]:
        raise Broken(f"pieces {text!r} are not the answer {ends[0]['data']['content']!r}")
    return text

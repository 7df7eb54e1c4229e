"""What the tests of the wire formats share: plain clients that know nothing of Chartroom, and a place
where tokens come from."""

import functools
import json
import urllib.parse

import websockets

from harness.case import ServerCase
from harness.native import within


class Routes(ServerCase):
    def connect(self, path, bearer=None, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else None
        return websockets.connect(self.server.url(path), extra_headers=headers, close_timeout=2)

    @classmethod
    @functools.lru_cache(maxsize=64)
    def token(cls, sub, *sessions):
        claims = [word for session in sessions for word in ("--session", session)]
        done = cls.server.command("token", "-c", str(cls.server.config_path), "--sub", sub, *claims)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    async def receive(self, socket):
        """The next frame: what its JSON says, or its text."""
        frame = await within(socket.recv())
        try:
            return json.loads(frame)
        except ValueError:
            return frame

    async def until(self, socket, last):
        """The frames up to the first of type `last`."""
        frames = [await self.receive(socket)]
        while frames[-1]["type"] != last:
            frames.append(await self.receive(socket))
        return frames

    async def send(self, socket, **fields):
        await socket.send(json.dumps(fields))

    async def close_of(self, socket):
        """Reads to the close; (its code, its reason, the frames before it)."""
        frames = []
        try:
            while True:
                frames.append(await self.receive(socket))
        except websockets.ConnectionClosed as closed:
            return closed.code, closed.reason, frames

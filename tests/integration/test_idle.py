"""Connections that say nothing for longer than the server's two pings and a drop: kept, for every
client that answers pings, which a WebSocket library does by itself."""

import asyncio
import unittest

from harness.case import ServerCase
from harness.native import Native

SILENCE_SECONDS = 80  # three pings of 25 s, and some


class Idle(ServerCase):
    async def test_a_silent_connection_is_kept(self):
        client = await Native.open(self.server)
        await client.expect("session.live")
        with self.assertRaises(asyncio.TimeoutError):
            await client.frame(SILENCE_SECONDS)
        # The library's recv() was cancelled, not its connection.
        await client.post("echo", {"content": "still here"}, "e-1", since=0)
        await client.expect("echo")


if __name__ == "__main__":
    unittest.main()

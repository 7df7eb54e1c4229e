"""SIGTERM: connections close with 1012, open turns stay open and go on after the next start."""

import signal
import time
import unittest

import websockets

from harness.case import ServerCase
from harness.native import Native, check_stream
from harness.server import PATIENCE_SECONDS
from harness.streams import QUESTION, builtin_chat


class Drain(ServerCase):
    config = builtin_chat(token_delay_ms=100)

    def setUp(self):
        if self.server.process.poll() is not None:
            self.server.restart()

    async def close_code(self, client):
        try:
            while True:
                await client.frame()
        except websockets.ConnectionClosed as closed:
            return closed.code

    async def test_everyone_is_told_1012_and_the_exit_is_clean(self):
        clients = [await Native.open(self.server) for _ in range(20)]
        self.server.process.send_signal(signal.SIGTERM)
        for client in clients:
            self.assertEqual(await self.close_code(client), 1012)
        self.assertEqual(self.server.process.wait(PATIENCE_SECONDS), 0)

    async def test_an_open_turn_goes_on_after_the_restart(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        await client.expect("token", cause=cause)
        asked_at = time.monotonic()
        self.server.process.send_signal(signal.SIGTERM)
        self.assertEqual(await self.close_code(client), 1012)
        self.assertEqual(self.server.process.wait(PATIENCE_SECONDS), 0)
        self.assertNotIn("stream_end", [f["type"] for f in client.frames])
        self.server.restart()
        self.assertLess(time.monotonic() - asked_at, PATIENCE_SECONDS / 4)  # clients wait 15 s
        again = await client.again(self.server)
        _, end = await again.answer(cause)
        self.assertEqual(end["data"]["finish"], "stop")
        check_stream(client.events() + again.events())

    async def test_a_short_turn_ends_before_the_drain_does(self):
        client = await Native.open(self.server)
        await client.post("echo", {"content": "last words"}, "e-1", since=0)
        self.server.process.send_signal(signal.SIGTERM)
        await self.close_code(client)
        kinds = [f["type"] for f in client.frames]
        self.assertEqual("accepted" in kinds, "echo" in kinds)
        self.assertEqual(self.server.process.wait(PATIENCE_SECONDS), 0)

    async def test_a_second_sigterm_ends_at_once_and_loses_nothing(self):
        client = await Native.open(self.server)
        await client.post("chat", {"content": QUESTION}, "c-1", since=0)
        cause = (await client.expect("accepted", id="c-1"))["offset"]
        await client.expect("token", cause=cause)
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.send_signal(signal.SIGTERM)
        await self.close_code(client)
        self.server.process.wait(PATIENCE_SECONDS)
        self.server.restart()
        again = await client.again(self.server, after=0)
        await again.answer(cause)


if __name__ == "__main__":
    unittest.main()

"""A plugin that takes the server down is known at the next start: its input is refused, everybody
else's goes on, and `kill -9` in the same place is held against nobody."""

import os
import pathlib
import signal
import unittest

from harness.case import ServerCase
from harness.native import Native
from harness.server import BINARY, PATIENCE_SECONDS, TEST_PLUGINS

SHIPPED = str(pathlib.Path(BINARY).resolve().parent.parent / "lib/chartroom/plugins")


class Crasher(ServerCase):
    config = {"plugins": {"directories": [SHIPPED, os.path.join(TEST_PLUGINS, "crasher")]}}

    def dies(self):
        # Of the signal; a sanitizer makes an exit of it: address 1, thread 66.
        self.assertIn(self.server.process.wait(PATIENCE_SECONDS), (-signal.SIGSEGV, 1, 66))

    async def echoes(self, client):
        await client.post("echo", {"content": "unharmed"}, "e-1", since=0)
        await client.until(lambda f: f["type"] == "echo" and f["data"]["content"] == "unharmed")

    async def test_the_same_message_is_refused_the_second_time(self):
        client = await Native.open(self.server)
        await client.post("crash.now", {"n": 1}, "c-1", since=0)
        self.dies()
        self.server.restart()
        self.assertIn("plugin.crashed_the_server", self.server.log_text())
        # Nothing of it was committed, so the client sends it again: in a new session, for all it knows.
        again = await Native.open(self.server)
        await again.post("crash.now", {"n": 1}, "c-1", since=0)
        error = await again.expect("error")
        self.assertEqual(error["data"]["code"], "plugin_crashed")
        await self.echoes(again)
        self.server.terminate()
        self.server.restart()  # and it stays known
        third = await Native.open(self.server)
        await third.post("crash.now", {"n": 1}, "c-1", since=0)
        self.assertEqual((await third.expect("error"))["data"]["code"], "plugin_crashed")

    async def crashes_midway(self, type):
        client = await Native.open(self.server)
        await client.post(type, {}, "c-1", since=0)
        self.dies()  # after the commit of the first step, and perhaps before its frames were written
        self.server.restart()
        again = await client.again(self.server, after=0)
        await again.expect("crash.soon")
        return again

    async def test_an_open_turn_is_ended_and_the_server_stays(self):
        again = await self.crashes_midway("crash.later")
        error = await again.expect("error")
        self.assertEqual(error["data"]["code"], "plugin_crashed")
        await self.echoes(again)
        self.assertEqual([f["offset"] for f in again.events() if f["type"] == "error"], [error["offset"]])

    async def test_an_activity_that_crashed_fails_and_its_turn_goes_on(self):
        again = await self.crashes_midway("crash.activity")
        self.assertIs((await again.expect("crash.survived"))["data"], False)
        await self.echoes(again)

    async def test_a_kill_is_held_against_nobody(self):
        before = self.server.log_text().count("plugin.crashed_the_server")
        self.server.kill()
        self.server.restart()
        self.assertEqual(self.server.log_text().count("plugin.crashed_the_server"), before)


if __name__ == "__main__":
    unittest.main()

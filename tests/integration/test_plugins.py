"""Plugins that throw, hang, flood or are none: each ends its own turn, or the start with a clear
message, and nothing else."""

import asyncio
import os
import pathlib
import unittest

from harness.case import ServerCase
from harness.native import Native, check_stream
from harness.server import BINARY, TEST_PLUGINS, Server

SHIPPED = str(pathlib.Path(BINARY).resolve().parent.parent / "lib/chartroom/plugins")


def folders(*names):
    return {"plugins": {"directories": [SHIPPED, *(os.path.join(TEST_PLUGINS, name) for name in names)]}}


class Rogue(ServerCase):
    config = folders("rogue")

    async def ended_by(self, type):
        """What ends the turn of this message; an echo in the same session is answered meanwhile."""
        client = await Native.open(self.server)
        await client.post(type, {}, "r-1", since=0)
        cause = (await client.expect("accepted", id="r-1"))["offset"]
        await client.post("echo", {"content": "unharmed"}, "e-1", since=0)
        await client.until(lambda f: f["type"] == "echo" and f["data"]["content"] == "unharmed")
        error = await client.until(lambda f: f["type"] == "error" and f.get("cause") == cause, what=f"end of {type}")
        return client, error

    async def test_exceptions_end_the_turn_as_plugin_failed(self):
        for type in ("rogue.throw", "rogue.throw_int"):
            with self.subTest(type=type):
                _, error = await self.ended_by(type)
                self.assertEqual(error["data"]["code"], "plugin_failed")
        self.assertIn("thrown at once", self.server.log_text())

    async def test_what_it_throws_is_not_told_to_clients(self):
        client, _ = await self.ended_by("rogue.throw")
        self.assertNotIn("thrown at once", str(client.frames))

    async def test_a_flood_of_commands_ends_the_turn(self):
        for type in ("rogue.flood", "rogue.swallow"):
            with self.subTest(type=type):
                client, error = await self.ended_by(type)
                self.assertEqual(error["data"]["code"], "plugin_failed")
                self.assertLess(len(client.frames), 2_000)

    async def test_a_broken_payload_ends_the_turn(self):
        client, error = await self.ended_by("rogue.no_json")
        self.assertEqual(error["data"]["code"], "plugin_failed")

    async def test_a_turn_that_never_ends_meets_its_deadline(self):
        _, error = await self.ended_by("rogue.hang")
        self.assertEqual(error["data"]["code"], "deadline_exceeded")

    async def test_a_stream_is_closed_with_what_it_had(self):
        client = await Native.open(self.server)
        await client.post("rogue.throw_in_stream", {}, "r-1", since=0)
        cause = (await client.expect("accepted", id="r-1"))["offset"]
        text, end = await client.answer(cause)
        self.assertEqual((text, end["data"]["finish"]), ("half a ", "error"))
        error = await client.expect("error", cause=cause)
        self.assertEqual((error["data"]["code"], error["data"]["message_id"]), ("plugin_failed", 7))
        self.assertLess(error["offset"], end["offset"])
        await client.post("echo", {"content": "after"}, "e-1", since=0)
        await client.expect("echo")
        check_stream(client.events())

    async def test_the_same_ends_stand_after_a_kill(self):
        client, error = await self.ended_by("rogue.throw")
        self.server.kill()
        self.server.restart()
        again = await client.again(self.server, after=0)
        await again.expect("session.live")
        ends = [f for f in again.events() if f["type"] == "error"]
        self.assertEqual([e["offset"] for e in ends], [error["offset"]])


class Refused(unittest.IsolatedAsyncioTestCase):
    """A plugin file that cannot be loaded: `check` fails with words that help, and a server that is
    started all the same says them once and serves with the other plugins."""

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)

    async def refusal(self, *names):
        server = Server(folders(*names))
        self.addCleanup(server.close)
        checked = server.command("check", "-c", str(server.config_path))
        self.assertEqual(checked.returncode, 1, checked.stdout + checked.stderr)
        server.start()
        client = await Native.open(server)
        await client.post("echo", {"content": "served"}, "e-1", since=0)
        await client.expect("echo")
        await client.close()
        self.assertEqual(server.terminate(), 0)
        self.assertIn(names[0], server.log_text())
        return checked.stdout + checked.stderr

    async def test_a_file_that_is_no_module(self):
        self.assertIn("no_module.so", await self.refusal("no_module"))

    async def test_a_module_that_is_no_plugin(self):
        words = await self.refusal("no_entry")
        self.assertIn("no_entry.so", words)
        self.assertRegex(words, r"no Chartroom plugin|not a Chartroom plugin|chartroom_plugin_entry|\.chartroom")

    async def test_a_plugin_of_another_abi_names_both_versions_and_the_way_out(self):
        words = await self.refusal("foreign_abi")
        self.assertIn("built for ABI 8.", words)
        self.assertIn("this server speaks 1.", words)
        self.assertIn("SDK", words)

    async def test_an_undefined_symbol_is_named(self):
        self.assertIn("function_that_nobody_has", await self.refusal("undefined_symbol"))

    async def test_two_plugins_for_one_type_are_both_named(self):
        self.assertRegex(await self.refusal("rival"), r"rival\.so.*`echo` handles `echo`")


if __name__ == "__main__":
    unittest.main()
